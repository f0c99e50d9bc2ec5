package external

import (
	"context"
	"fmt"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// Driver returns the driver for trigger type external.
func Driver() scalerkit.Driver { return pulled.Driver() }

// PushDriver returns the driver for trigger type external-push, whose Scalers
// are Watchers.
func PushDriver() scalerkit.Driver { return pushed.Driver() }

// New returns a Scaler that reads the metrics of an external scaler. It does no
// I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return pulled.New(config, options)
}

// NewPush is like New, for a server that pushes as well: the Scaler is a
// [scalerkit.Watcher].
func NewPush(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return pushed.New(config, options)
}

// readsAtATime is how many triggers of one server are read side by side.
const readsAtATime = 32

type source = driver.Source[*client, question, scalerkit.Reading]

var (
	ask    = driver.SideBySide(readsAtATime, read)
	pulled = trigger("external", source{Name: "external", Ask: ask})
	pushed = trigger("external-push", source{Name: "external", Ask: ask, Watch: watch})
)

// A question is whose metrics are asked for.
type question struct {
	server string
	ref    wire.Ref
}

func (q question) String() string { return fmt.Sprintf("metrics of external scaler %q", q.server) }

func trigger(name string, source source) driver.Type[Config] {
	return driver.Type[Config]{Name: name, Open: func(c *Config, options scalerkit.Options) (scalerkit.Scaler, error) {
		tls, err := c.tls().Config(options)
		if err != nil {
			return nil, err
		}
		if !c.usesTLS() {
			tls = nil
		}
		return source.New(options, driver.Plan[*client, question, scalerkit.Reading]{
			Metric: scalerkit.Metric{
				Name:   driver.MetricName("external", rpc.Endpoint(c.Address)),
				Target: scalerkit.Target{Kind: c.MetricType, Value: 1}, // each reading has its own
			},
			Question: question{rpc.Endpoint(c.Address), wire.Object{Name: c.Owner.Name, Namespace: c.Owner.Namespace, Metadata: c.Metadata}.Encode()},
			Key:      c.Server,
			Open:     func(context.Context) (*client, error) { return newClient(c.Address, tls, options) },
		}), nil
	}}
}
