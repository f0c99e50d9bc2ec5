// Package gcpstackdriver reads a time series with an HTTP client alone.
package gcpstackdriver

import (
	"context"

	"github.com/scalerkit/scalerkit/tools/weight/bare/google"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	return google.Newest(ctx, args[0], program.Name, `metric.type = "`+program.Name+`"`)
}
