package azureservicebus

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// New returns a Scaler that reads the number of messages in queues or
// subscriptions. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type azure-servicebus.
func Driver() scalerkit.Driver { return trigger.Driver() }

var (
	source  = driver.Source[*client, question, []entity]{Name: "azure-servicebus", Ask: ask}
	trigger = driver.Type[Config]{Name: "azure-servicebus", KEDAName: "azureServiceBusScaler", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		access := c.access
		return source.New(o, driver.Plan[*client, question, []entity]{
			Metric:   c.metric(),
			Question: c.question(),
			Key:      access,
			Open:     func(context.Context) (*client, error) { return open(access, o) },
			Read:     c.count,
		}), nil
	}}
)
