package azureservicebus

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/each"
)

// An asked question has a place for its answer.
type asked struct {
	question
	answer *driver.Answer[[]entity]
}

// ask puts questions to the namespace, in as few requests as it knows to do it
// in.
func ask(ctx context.Context, c *client, questions []question) ([]driver.Answer[[]entity], error) {
	answers := make([]driver.Answer[[]entity], len(questions))
	lists := make(map[string][]asked)
	for i, q := range questions {
		lists[q.list] = append(lists[q.list], asked{q, &answers[i]})
	}
	var wait each.Group
	for list, questions := range lists {
		wait.Go(func() { c.readList(ctx, list, questions) })
	}
	wait.Wait()
	return answers, nil
}

// readList answers questions about entries of one list.
func (c *client) readList(ctx context.Context, list string, questions []asked) {
	missing := make(map[string]string) // paths of what is to be read, by name
	whole := false
	for _, q := range questions {
		if q.name == "" {
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

	for _, q := range questions {
		e, ok := found[q.name]
		switch {
		case q.name == "" && err == nil:
			q.answer.Value = all
		case q.name != "" && ok:
			q.answer.Value = []entity{e}
		default:
			q.answer.Err = err
		}
	}
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
