// Package gcpstorage counts the objects in a bucket with an HTTP client alone.
package gcpstorage

import (
	"context"

	"github.com/scalerkit/scalerkit/tools/weight/bare/google"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	const scope = "https://www.googleapis.com/auth/devstorage.read_only"
	n, next := 0, ""
	for {
		var page struct {
			Items         []struct{ Size string }
			NextPageToken string
		}
		if err := google.Get(ctx, args[0], scope, "https://storage.googleapis.com/storage/v1/b/"+program.Name+"/o?pageToken="+next, &page); err != nil {
			return nil, err
		}
		n += len(page.Items)
		if next = page.NextPageToken; next == "" {
			return n, nil
		}
	}
}
