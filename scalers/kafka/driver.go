package kafka

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Trigger returns trigger type kafka. Identities, unless nil, finds the
// credentials of roles and identities for it.
func Trigger(i Identities) driver.Type[Config] {
	return driver.Type[Config]{Name: "kafka", Prepare: func(c *Config) { c.AWS.use(i) }, Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		return open(&c.Cluster, &c.Lag, o)
	}}
}

// ApacheTrigger returns trigger type apache-kafka, which reads the same and
// differs in a few rules; see the package documentation.
func ApacheTrigger(i Identities) driver.Type[ApacheConfig] {
	return driver.Type[ApacheConfig]{Name: "apache-kafka", Prepare: func(c *ApacheConfig) { c.AWS.use(i) }, Open: func(c *ApacheConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
		return open(&c.Cluster, &c.Lag, o)
	}}
}

// New returns a Scaler that reads the lag of a consumer group. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return Trigger(nil).New(config, options)
}

// NewApache returns a Scaler that reads the lag of a consumer group by the
// rules of trigger type apache-kafka. It does no I/O.
func NewApache(config ApacheConfig, options scalerkit.Options) (scalerkit.Scaler, error) {
	return ApacheTrigger(nil).New(config, options)
}

// Driver returns the driver for trigger type kafka. What a trigger cannot say, such
// as who makes the mechanism of sasl gssapi, the functions set.
func Driver(set ...func(*Config)) scalerkit.Driver { return Trigger(nil).Driver(set...) }

// ApacheDriver returns the driver for trigger type apache-kafka. What a trigger
// cannot say, the functions set.
func ApacheDriver(set ...func(*ApacheConfig)) scalerkit.Driver {
	return ApacheTrigger(nil).Driver(set...)
}
