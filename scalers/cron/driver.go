package cron

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

var trigger = driver.Type[Config]{
	Name: "cron",
	Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		return driver.Local(o, c.metric(), c.at), nil
	},
}

// New returns a Scaler with the desired replicas as its value while the window
// is open, and 0 else. It is a [scalerkit.Watcher], and does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type cron.
func Driver() scalerkit.Driver { return trigger.Driver() }
