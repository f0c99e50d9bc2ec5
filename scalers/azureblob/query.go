package azureblob

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// mostListed is how many entries the service puts into one answer.
const mostListed = 5000

// A query counts the blobs of one trigger. Two with patterns are never equal.
type query struct {
	container string
	prefix    string
	delimiter string // empty: directories are no obstacle
	pattern   glob   // if set, what names have to match
	limit     int64  // where counting stops; 0: nowhere
}

func (c *Config) query() query {
	q := query{
		container: c.BlobContainerName, prefix: withoutSlash(c.BlobPrefix), delimiter: c.BlobDelimiter,
		pattern: c.pattern, limit: c.CountLimit,
	}
	if c.Recursive {
		q.delimiter = ""
	}
	if !strings.HasSuffix(q.prefix, q.delimiter) && q.prefix != "" {
		q.prefix += q.delimiter
	}
	if q.pattern.isSet() {
		q.delimiter = ""
		if strings.HasPrefix(q.pattern.literal, q.prefix) {
			q.prefix = q.pattern.literal
		}
	}
	return q
}

// withoutSlash returns a prefix or pattern without a leading slash. Who writes
// one means the root of the container, and names do not begin with it.
func withoutSlash(text string) string { return strings.TrimPrefix(text, "/") }

func (q query) String() string { return fmt.Sprintf("blobs of container %q", q.container) }

// count returns the number of blobs, or the limit if there are more.
func (q query) count(ctx context.Context, client *container.Client) (int64, error) {
	if q.delimiter == "" {
		pager := client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &q.prefix, MaxResults: q.pageSize()})
		return total(ctx, q, pager, func(page container.ListBlobsFlatResponse) (blobs []*container.BlobItem, ok bool) {
			if page.Segment != nil {
				blobs = page.Segment.BlobItems
			}
			return blobs, page.Segment != nil
		})
	}
	pager := client.NewListBlobsHierarchyPager(q.delimiter, &container.ListBlobsHierarchyOptions{Prefix: &q.prefix})
	return total(ctx, q, pager, func(page container.ListBlobsHierarchyResponse) (blobs []*container.BlobItem, ok bool) {
		if page.Segment != nil {
			blobs = page.Segment.BlobItems
		}
		return blobs, page.Segment != nil
	})
}

// total adds up the pages that the service lists. They have a list of blobs, or
// are only half an answer.
func total[T any](ctx context.Context, q query, pager *runtime.Pager[T], list func(T) (blobs []*container.BlobItem, ok bool)) (n int64, err error) {
	names := regexp.MustCompile(q.pattern.expression)
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		blobs, ok := list(page)
		if !ok {
			return 0, errors.New("the answer has no list of blobs")
		}
		if n += matching(blobs, names); q.limit > 0 && n >= q.limit {
			return q.limit, nil
		}
	}
	return n, nil
}

// matching returns how many of the listed blobs count. An expression that is
// empty matches every name.
func matching(blobs []*container.BlobItem, names *regexp.Regexp) (n int64) {
	for _, b := range blobs {
		if !isDirectory(b) && b.Name != nil && names.MatchString(*b.Name) {
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

// pageSize asks for no more than can count, where every entry does. It is nil
// to leave it to the service.
func (q query) pageSize() *int32 {
	if q.pattern.isSet() || q.limit == 0 || q.limit > mostListed {
		return nil
	}
	size := int32(q.limit)
	return &size
}
