package azureblob

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// mostListed is how many entries the service puts into one answer.
const mostListed = 5000

// A query counts the blobs of one trigger.
type query struct {
	container string
	prefix    string
	delimiter string // empty: directories are no obstacle
	pattern   *glob  // nil: every name will do
	limit     int64  // where counting stops; 0: nowhere
}

func newQuery(c *Config) query {
	q := query{container: c.BlobContainerName, prefix: withoutSlash(c.BlobPrefix), delimiter: c.BlobDelimiter, limit: c.CountLimit}
	if c.Recursive {
		q.delimiter = ""
	}
	if q.prefix != "" && !strings.HasSuffix(q.prefix, q.delimiter) {
		q.prefix += q.delimiter
	}
	if c.GlobPattern != "" {
		q.delimiter = ""
		q.pattern, _ = compileGlob(c.GlobPattern) // it was valid before
		if strings.HasPrefix(q.pattern.literal, q.prefix) {
			q.prefix = q.pattern.literal
		}
	}
	return q
}

// withoutSlash returns a prefix or pattern without a leading slash. Who writes
// one means the root of the container, and names do not begin with it.
func withoutSlash(text string) string { return strings.TrimPrefix(text, "/") }

func (q *query) String() string { return fmt.Sprintf("blobs of container %q", q.container) }

// count returns the number of blobs, or the limit if there are more.
func (q *query) count(ctx context.Context, client *container.Client) (int64, error) {
	var n int64
	for blobs, err := range q.pages(ctx, client) {
		if err != nil {
			return 0, err
		}
		n += q.matching(blobs)
		if q.limit > 0 && n >= q.limit {
			return q.limit, nil
		}
	}
	return n, nil
}

// matching returns how many of the listed blobs count.
func (q *query) matching(blobs []*container.BlobItem) (n int64) {
	for _, b := range blobs {
		if !isDirectory(b) && (q.pattern == nil || b.Name != nil && q.pattern.MatchString(*b.Name)) {
			n++
		}
	}
	return n
}

// isDirectory recognises what accounts with a hierarchical namespace list
// between the blobs.
func isDirectory(b *container.BlobItem) bool {
	return b.Properties != nil && b.Properties.ResourceType != nil && *b.Properties.ResourceType == "directory"
}

var errHalf = errors.New("the answer has no list of blobs")

// pages yields the blobs that the service lists, one answer at a time.
func (q *query) pages(ctx context.Context, client *container.Client) iter.Seq2[[]*container.BlobItem, error] {
	if q.delimiter == "" {
		pager := client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &q.prefix, MaxResults: q.pageSize()})
		return visit(ctx, pager, func(page container.ListBlobsFlatResponse) ([]*container.BlobItem, error) {
			if page.Segment == nil {
				return nil, errHalf
			}
			return page.Segment.BlobItems, nil
		})
	}
	pager := client.NewListBlobsHierarchyPager(q.delimiter, &container.ListBlobsHierarchyOptions{Prefix: &q.prefix})
	return visit(ctx, pager, func(page container.ListBlobsHierarchyResponse) ([]*container.BlobItem, error) {
		if page.Segment == nil {
			return nil, errHalf
		}
		return page.Segment.BlobItems, nil
	})
}

// visit yields what blobs finds in each page, up to the first error.
func visit[T any](ctx context.Context, pager *runtime.Pager[T], blobs func(T) ([]*container.BlobItem, error)) iter.Seq2[[]*container.BlobItem, error] {
	return func(yield func([]*container.BlobItem, error) bool) {
		for pager.More() {
			page, err := pager.NextPage(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			list, err := blobs(page)
			if !yield(list, err) || err != nil {
				return
			}
		}
	}
}

// pageSize asks for no more than can count, where every entry does. It is nil
// to leave it to the service.
func (q *query) pageSize() *int32 {
	if q.pattern != nil || q.limit == 0 || q.limit > mostListed {
		return nil
	}
	size := int32(q.limit)
	return &size
}
