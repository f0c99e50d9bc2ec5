package gcppubsub

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/gcp/monitoring"
)

// New returns a Scaler that reads a metric of a subscription or of a topic. It does
// no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type gcp-pubsub.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "gcp-pubsub", KEDAName: "pubsubScaler", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return monitoring.New(c.Access, o, monitoring.Plan{
		Metric:      c.metric(),
		Question:    c.question,
		Aggregation: c.aggregation,
		ValueIfNull: c.ValueIfNull,
	}), nil
}
