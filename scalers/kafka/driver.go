package kafka

import "github.com/scalerkit/scalerkit"

// Driver returns the driver for trigger type kafka.
func Driver() scalerkit.Driver { return scalerkit.NewDriver("kafka", New) }

// ApacheDriver returns the driver for trigger type apache-kafka, which reads
// the same and differs in a few rules; see the package documentation.
func ApacheDriver() scalerkit.Driver { return scalerkit.NewDriver("apache-kafka", NewApache) }
