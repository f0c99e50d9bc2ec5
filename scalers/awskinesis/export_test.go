package awskinesis

import (
	"time"

	"github.com/scalerkit/scalerkit"
)

// DriverAt returns a driver to which it is always the same time.
func DriverAt(now time.Time) scalerkit.Driver {
	return scalerkit.NewDriver("aws-kinesis-stream", func(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
		return newScaler(config, options, func() time.Time { return now })
	})
}
