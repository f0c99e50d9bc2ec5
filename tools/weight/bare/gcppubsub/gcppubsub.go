// Package gcppubsub reads the size of a subscription with an HTTP client alone.
package gcppubsub

import (
	"context"

	"github.com/scalerkit/scalerkit/tools/weight/bare/google"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	return google.Newest(ctx, args[0], program.Name,
		`metric.type = "pubsub.googleapis.com/subscription/num_undelivered_messages" AND resource.labels.subscription_id = "`+program.Name+`"`)
}
