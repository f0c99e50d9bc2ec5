package azureservicebus

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/each"
)

// An outcome is what became of a query.
type outcome struct {
	count
	err error
}

// read puts queries to the namespace, in as few requests as it knows to do it
// in, and returns their outcomes in the same order.
func (c *client) read(ctx context.Context, queries []*query) []outcome {
	lists := make(map[string][]int) // indices of queries
	for i, q := range queries {
		lists[q.list] = append(lists[q.list], i)
	}
	outcomes := make([]outcome, len(queries))
	var wait each.Group
	for list, indices := range lists {
		wait.Go(func() {
			chosen := make([]*query, len(indices))
			for i, index := range indices {
				chosen[i] = queries[index]
			}
			for i, o := range c.readList(ctx, list, chosen) {
				outcomes[indices[i]] = o
			}
		})
	}
	wait.Wait()
	return outcomes
}

// readList answers queries about entries of one list.
func (c *client) readList(ctx context.Context, list string, queries []*query) []outcome {
	missing := make(map[string]string) // paths of what is to be read, by name
	whole := false
	for _, q := range queries {
		if q.pattern != nil {
			whole = true
		} else {
			missing[q.name] = q.path
		}
	}
	found := make(map[string]entity, len(missing))
	var all []entity
	var err error
	switch {
	case whole:
		all, err = c.whole(ctx, list)
		take(all, missing, found)
	case c.worthListing(list, len(missing)):
		err = c.find(ctx, list, missing, found)
	}
	if err == nil || errors.Is(err, scalerkit.ErrDenied) {
		denied := err != nil
		if c.readSingly(ctx, missing, found, denied) && denied && !whole {
			c.listed(list, never)
		}
	}

	outcomes := make([]outcome, len(queries))
	for i, q := range queries {
		o := &outcomes[i]
		e, ok := found[q.name]
		switch {
		case q.pattern != nil && err == nil:
			o.count, o.err = q.count(all)
		case q.pattern == nil && ok:
			o.count, o.err = q.count([]entity{e})
		default:
			o.err = err
		}
	}
	return outcomes
}

// take moves from missing to found what is in a page.
func take(page []entity, missing map[string]string, found map[string]entity) {
	for _, e := range page {
		if name := strings.ToLower(e.name); missing[name] != "" {
			found[name] = e
			delete(missing, name)
		}
	}
}

// find reads a list until it has what is missing, or until reading the rest
// one by one is cheaper.
func (c *client) find(ctx context.Context, path string, missing map[string]string, found map[string]entity) error {
	budget, pages := len(missing), 0
	requests, err := c.list(ctx, path, func(page []entity) bool {
		pages++
		take(page, missing, found)
		return len(missing) == 0 || pages+1 >= budget
	})
	if err != nil {
		return err
	}
	if len(missing) > 0 && requests+1 >= budget {
		requests = budget // and maybe more
	}
	c.listed(path, requests)
	return nil
}

// readSingly reads what is missing one by one. If it may well be denied, as the
// list was, it is not tried more than once. It reports whether anything was
// there to be read.
func (c *client) readSingly(ctx context.Context, missing map[string]string, found map[string]entity, denied bool) (succeeded bool) {
	var mu sync.Mutex
	var wait each.Group
	read := func(name, path string) {
		e := c.get(ctx, path)
		mu.Lock()
		defer mu.Unlock()
		found[name] = e
		succeeded = succeeded || e.err == nil
	}
	for name, path := range missing {
		if !denied {
			wait.Go(func() { read(name, path) })
			continue
		}
		read(name, path)
		if errors.Is(found[name].err, scalerkit.ErrDenied) {
			break
		}
		denied = false
	}
	wait.Wait()
	return succeeded
}
