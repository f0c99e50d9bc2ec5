package azureservicebus

import "context"

// A listing is one reading of a list to its end, on behalf of all who asked
// for it before it began.
type listing struct {
	ctx     context.Context // ends when nobody waits any more
	cancel  context.CancelFunc
	after   <-chan struct{} // closed when the one before it is done; nil if there is none
	waiting int             // guarded by client.mu

	done chan struct{} // closed when the fields below are set
	all  []entity
	err  error
}

// whole reads a list to its end. Whoever asks while that is under way waits
// for the next time and shares it, so that triggers which are read one by one
// at once do not each have the service list all it has, and nobody gets what
// was read before he asked.
func (c *client) whole(ctx context.Context, path string) ([]entity, error) {
	l := c.join(path)
	defer c.leave(path, l)
	select {
	case <-l.done:
		return l.all, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// join returns the next listing, and begins it if nobody did.
func (c *client) join(path string) *listing {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.next[path]
	if l == nil {
		l = &listing{done: make(chan struct{}), after: c.last[path]}
		l.ctx, l.cancel = context.WithCancel(context.Background())
		c.next[path], c.last[path] = l, l.done
		go c.run(path, l)
	}
	l.waiting++
	return l
}

func (c *client) leave(path string, l *listing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.waiting--; l.waiting == 0 {
		l.cancel()
		c.begun(path, l)
	}
}

// begun keeps newcomers from joining l. The lock is held.
func (c *client) begun(path string, l *listing) {
	if c.next[path] == l {
		delete(c.next, path)
	}
}

func (c *client) run(path string, l *listing) {
	defer close(l.done)
	if l.after != nil {
		<-l.after
	}
	c.mu.Lock()
	c.begun(path, l)
	c.mu.Unlock()
	_, l.err = c.list(l.ctx, path, func(page []entity) bool {
		l.all = append(l.all, page...)
		return false
	})
}
