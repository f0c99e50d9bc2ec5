package azureblob

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure/storage/blobs"
)

// New returns a Scaler that counts the blobs in a container. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type azure-blob.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "azure-blob", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	account, metric := c.account, driver.MetricOf(c, "azure-blob", c.BlobContainerName)
	metric.InFlight = true // a blob is there until whoever works on it is done
	return source.New(o, driver.Plan[blobs.Client, query, int64]{
		Metric:   metric,
		Question: c.query(),
		Key:      account,
		Open:     func(context.Context) (blobs.Client, error) { return blobs.Open(account, o, connections) },
	}), nil
}

// connections is how many an account's client holds, and so how many
// containers are listed at a time.
const connections = 8

var source = driver.Source[blobs.Client, query, int64]{Name: "azure-blob", Ask: driver.SideBySide(connections, ask)}

func ask(ctx context.Context, c blobs.Client, q query) (int64, error) {
	n, err := q.count(ctx, c.Container(q.container))
	return n, c.Explain(err)
}
