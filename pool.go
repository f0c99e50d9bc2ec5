package scalerkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

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
// when the last share is. If p is nil, the connection is the share's own.
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

// ID is equal for shares in the same connection, and only for these. It is fit
// for [Batcher.BatchKey].
func (s *Shared[C]) ID() any { return s.conn }

// IsClosed reports whether Close was called.
func (s *Shared[C]) IsClosed() bool { return s.life.Err() != nil }

// Use calls f with the connection that s is a share of, after opening it if
// need be, and returns what f returns. It returns early when ctx ends, or with
// [ErrClosed] when s is closed, even if f pays no attention to its context; f
// then finishes unobserved, which is why its result is returned and not left
// in a variable. A panic in f becomes an error.
//
// Callers that need the connection while it is being opened wait for the same
// attempt and share its error.
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
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(life, func() { cancel(ErrClosed) })()

	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = protect(func() error {
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

// protect calls f and turns a panic into an error: one faulty client library
// must not end the scaling of everything else.
func protect(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return f()
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
	current C
	isOpen  bool
	attempt *attempt[C] // to open the connection, if one is under way
}

type attempt[C any] struct {
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
	wasOpen := c.isOpen
	c.isOpen = false
	c.mu.Unlock()
	if !wasOpen {
		return nil
	}
	if err := c.current.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil // the connection had broken before
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
	c.mu.Lock()
	if c.isOpen && !isClosed(c.current) {
		defer c.mu.Unlock()
		return c.current, nil
	}
	if c.attempt == nil {
		c.attempt = &attempt[C]{done: make(chan struct{})}
		go c.try(c.attempt)
	}
	a := c.attempt
	c.mu.Unlock()

	select {
	case <-a.done:
		return a.conn, a.err
	case <-ctx.Done():
		var none C
		return none, context.Cause(ctx)
	}
}

// try opens the connection. It lasts as long as anybody holds a share, since
// more may wait for it than whoever asked first.
func (c *conn[C]) try(a *attempt[C]) {
	a.err = protect(func() (err error) {
		a.conn, err = c.open(c.life)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(a.done)
	c.attempt = nil
	if a.err != nil {
		return
	}
	if c.life.Err() != nil {
		_ = a.conn.Close() // nobody is left to tell
		a.err = ErrClosed
		return
	}
	if c.isOpen {
		_ = c.current.Close() // the broken one that this one replaces
	}
	c.current, c.isOpen = a.conn, true
}

func isClosed(connection any) bool {
	c, ok := connection.(interface{ IsClosed() bool })
	return ok && c.IsClosed()
}
