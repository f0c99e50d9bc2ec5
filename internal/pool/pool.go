// Package pool holds connections that Scalers share.
package pool

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/scalerkit/scalerkit/internal/guard"
)

// ErrClosed is scalerkit.ErrClosed.
var ErrClosed = errors.New("scaler is closed")

// A Pool holds connections that Scalers share: a thousand triggers on one
// broker with one identity hold one connection. The zero value is ready to
// use; a Pool must not be copied. Its methods and [Share] may be called
// concurrently.
type Pool struct {
	mu    sync.Mutex
	conns map[any]any // poolKey[K, C] to *conn[C]
}

// poolKey keeps connections of different types apart, whatever their keys.
type poolKey[K comparable, C any] struct{ key K }

// Share returns a share in the connection that p holds under key. Connections
// are opened on first use, by the open function of the first share, and closed
// when the last share is. If p is nil, the connection is the share's own. The
// context that open gets lasts as long as the connection: it ends early when
// nobody waits for it to be opened any more.
//
// A connection that has a method IsClosed() bool is opened anew once that
// says true; any other is expected to mend itself.
func Share[K comparable, C io.Closer](p *Pool, key K, open func(context.Context) (C, error)) *Shared[C] {
	if p == nil {
		c := newConn(open)
		c.forget = func() {}
		return c.share()
	}
	k := poolKey[K, C]{key}
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.conns[k].(*conn[C])
	if !ok {
		c = newConn(open)
		c.forget = func() { delete(p.conns, k) }
		c.pool = &p.mu
		if p.conns == nil {
			p.conns = make(map[any]any)
		}
		p.conns[k] = c
	}
	return c.share()
}

// Len returns the number of connections that are shared, those that are yet to
// be opened included.
func (p *Pool) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// A Shared is one Scaler's share in a connection. Use it with [Use] and
// [UseAll].
type Shared[C io.Closer] struct {
	conn *conn[C]
	life context.Context // ends with Close
	end  context.CancelFunc
	once sync.Once
	err  error // of closing the connection
}

// Close gives the share back. Pending and later calls of [Use] with it return
// [ErrClosed]. The last share to be closed closes the connection. Closing
// twice is the same as closing once.
func (s *Shared[C]) Close() error {
	s.once.Do(func() {
		s.end()
		s.err = s.conn.release()
	})
	return s.err
}

// IsClosed reports whether Close was called.
func (s *Shared[C]) IsClosed() bool { return s.life.Err() != nil }

// Beside returns the T that is kept with the connection that s is a share of,
// for as long as that has shares. All shares get the same one for equal keys;
// at first it is the zero value.
func Beside[T any, C io.Closer](s *Shared[C], key string) *T {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	k := besideKey[T]{key}
	t, ok := c.beside[k].(*T)
	if !ok {
		t = new(T)
		if c.beside == nil {
			c.beside = make(map[any]any)
		}
		c.beside[k] = t
	}
	return t
}

// besideKey keeps what is of different types apart, whatever its keys.
type besideKey[T any] struct{ key string }

// Use calls f with the connection that s is a share of, after opening it if
// need be, and returns what f returns. It returns early when ctx ends, or with
// [ErrClosed] when s is closed, even if f pays no attention to its context; f
// then finishes unobserved, which is why its result is returned and not left
// in a variable. A panic in f becomes an error.
//
// Callers that need the connection while it is being opened wait for the same
// attempt and share its error. A caller that gives up does not take the attempt
// from the others, but whoever comes later starts afresh.
func Use[C io.Closer, T any](ctx context.Context, s *Shared[C], f func(context.Context, C) (T, error)) (T, error) {
	return use(ctx, s.life, s.conn, f)
}

// UseAll is like [Use], but on behalf of all who share the connection: closing
// s does not interrupt it, closing all shares does. It is for exchanges that
// serve many Scalers at once.
func UseAll[C io.Closer, T any](ctx context.Context, s *Shared[C], f func(context.Context, C) (T, error)) (T, error) {
	return use(ctx, s.conn.life, s.conn, f)
}

func use[C io.Closer, T any](ctx, life context.Context, c *conn[C], f func(context.Context, C) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	if life.Err() != nil {
		return none, ErrClosed
	}
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(life, func() { cancel(ErrClosed) })()

	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = guard.Do(func() error {
			connection, err := c.get(ctx)
			if err != nil {
				return err
			}
			o.value, err = f(ctx, connection)
			return err
		})
		done <- o
	}()
	select {
	case o := <-done:
		if life.Err() != nil {
			return none, ErrClosed
		}
		return o.value, o.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// A conn is a connection and those who share it.
type conn[C io.Closer] struct {
	open   func(context.Context) (C, error)
	pool   *sync.Mutex // guards shares and forget; nil if there is no pool
	forget func()      // takes the conn out of the pool
	shares int
	life   context.Context // ends when the last share is closed
	end    context.CancelFunc

	mu      sync.Mutex
	current *attempt[C] // the one that opened the connection; nil if none did
	pending *attempt[C] // the one that newcomers join; nil if there is none
	beside  map[any]any // besideKey[T] to *T
}

// An attempt to open a connection, and the connection if it succeeded.
type attempt[C io.Closer] struct {
	ctx     context.Context // the connection's
	cancel  context.CancelFunc
	waiting int  // callers that have not given up; guarded by conn.mu
	over    bool // guarded by conn.mu

	done chan struct{} // closed when the fields below are set
	conn C
	err  error
}

func newConn[C io.Closer](open func(context.Context) (C, error)) *conn[C] {
	c := &conn[C]{open: open}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

func (c *conn[C]) share() *Shared[C] {
	c.shares++
	s := &Shared[C]{conn: c}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// release gives one share back and closes the connection with the last.
func (c *conn[C]) release() error {
	if !c.leave() {
		return nil
	}
	c.end()
	c.mu.Lock()
	current := c.current
	c.current = nil
	c.mu.Unlock()
	if current == nil {
		return nil
	}
	return current.close()
}

// leave reports whether the share given back was the last.
func (c *conn[C]) leave() bool {
	if c.pool != nil {
		c.pool.Lock()
		defer c.pool.Unlock()
	}
	c.shares--
	if c.shares > 0 {
		return false
	}
	c.forget()
	return true
}

// get returns the open connection and opens it if need be.
func (c *conn[C]) get(ctx context.Context) (C, error) {
	a := c.join()
	select {
	case <-a.done:
		return a.conn, a.err
	case <-ctx.Done():
		c.giveUp(a)
		var none C
		return none, context.Cause(ctx)
	}
}

// join returns the attempt that opened the connection, or else one under way.
func (c *conn[C]) join() *attempt[C] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isOpen() {
		return c.current
	}
	if c.pending == nil {
		c.pending = &attempt[C]{done: make(chan struct{})}
		c.pending.ctx, c.pending.cancel = context.WithCancel(c.life)
		go c.try(c.pending)
	}
	c.pending.waiting++
	return c.pending
}

// giveUp ends one caller's wait for a. It may be that a hangs, so newcomers do
// not join it any more, and nothing comes of it once nobody waits.
func (c *conn[C]) giveUp(a *attempt[C]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.over {
		return
	}
	if c.pending == a {
		c.pending = nil
	}
	if a.waiting--; a.waiting == 0 {
		a.cancel()
	}
}

// try opens the connection.
func (c *conn[C]) try(a *attempt[C]) {
	a.err = guard.Do(func() (err error) {
		a.conn, err = c.open(a.ctx)
		return err
	})
	surplus := c.conclude(a)
	close(a.done)
	if surplus != nil {
		_ = surplus.close() // nobody is left to tell
	}
}

// conclude takes over the connection that a opened. It returns the one that
// has to be closed, if there is one.
func (c *conn[C]) conclude(a *attempt[C]) (surplus *attempt[C]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a.over = true
	if c.pending == a {
		c.pending = nil
	}
	switch {
	case a.err != nil:
		a.cancel()
		return nil
	case a.ctx.Err() != nil: // nobody has use for it
		surplus = &attempt[C]{conn: a.conn, cancel: a.cancel}
		a.err = ErrClosed
	case c.isOpen(): // another attempt was quicker
		surplus = &attempt[C]{conn: a.conn, cancel: a.cancel}
		a.conn = c.current.conn
	default: // the old one, if any, is broken
		surplus, c.current = c.current, a
	}
	return surplus
}

func (c *conn[C]) isOpen() bool { return c.current != nil && !isClosed(c.current.conn) }

// close closes the connection. That it had broken before is no error.
func (a *attempt[C]) close() error {
	broken := isClosed(a.conn)
	err := guard.Do(a.conn.Close)
	a.cancel()
	if broken || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func isClosed(connection any) (closed bool) {
	defer func() {
		if recover() != nil {
			closed = true
		}
	}()
	c, ok := connection.(interface{ IsClosed() bool })
	return ok && c.IsClosed()
}
