// Package pages lists objects that are too many for one answer of the API server.
package pages

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// size bounds how many objects are there as a whole at a time.
const size = 500

// Each calls do for each object that a reader lists, page by page, until that fails. It
// returns of which version the list is. List returns an empty one, for each page.
func Each(ctx context.Context, from client.Reader, list func() client.ObjectList, options client.ListOptions, do func(runtime.Object) error) (version string, err error) {
	options.Limit = size
	for {
		page := list()
		if err := from.List(ctx, page, &options); err != nil {
			return "", err
		}
		err := meta.EachListItem(page, do)
		if options.Continue = page.GetContinue(); err != nil || options.Continue == "" {
			return page.GetResourceVersion(), err
		}
	}
}
