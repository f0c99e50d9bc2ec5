// Package gcpcloudtasks reads the depth of a queue with an HTTP client alone.
package gcpcloudtasks

import (
	"context"

	"github.com/scalerkit/scalerkit/tools/weight/bare/google"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	return google.Newest(ctx, args[0], program.Name, `metric.type = "cloudtasks.googleapis.com/queue/depth" AND resource.labels.queue_id = "`+program.Name+`"`)
}
