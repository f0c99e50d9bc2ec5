package awskinesis

import (
	"time"

	"github.com/scalerkit/scalerkit"
)

// DriverAt returns a driver to which it is always the same time.
func DriverAt(now time.Time) scalerkit.Driver {
	return trigger(func() time.Time { return now }).Driver()
}
