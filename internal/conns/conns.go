// Package conns knows the connections that a client has, so that none is left
// when it is closed. Client libraries do not do for that: an http.Transport goes
// on dialing for a request that was given up, and a client of Redis waits for
// answers that may never come.
package conns

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// A DialFunc opens network connections, as scalerkit.Options.Dial does.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// Conns are the connections of one client. Its methods may be called
// concurrently.
type Conns struct {
	dial DialFunc
	life context.Context // ends with Close
	end  context.CancelFunc

	mu   sync.Mutex
	held map[*conn]struct{} // nil once they are closed
}

// New returns Conns that dial opens.
func New(dial DialFunc) *Conns {
	c := &Conns{dial: dial, held: make(map[*conn]struct{})}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// Dial is a DialFunc. After Close, its error is net.ErrClosed.
func (c *Conns) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)() //nolint:contextcheck // the life is the client's
	inner, err := c.dial(ctx, network, address)
	if c.life.Err() != nil && err != nil {
		return nil, net.ErrClosed
	}
	if err != nil {
		return nil, err
	}
	held := &conn{Conn: inner, conns: c}
	if !c.hold(held) {
		_ = inner.Close() // nobody is left to use it
		return nil, net.ErrClosed
	}
	if raw, ok := inner.(syscall.Conn); ok {
		return rawConn{held, raw}, nil
	}
	return held, nil
}

// hold reports whether the connection may be used.
func (c *Conns) hold(held *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return false
	}
	c.held[held] = struct{}{}
	return true
}

// Close closes all connections, and those that are yet to come.
func (c *Conns) Close() {
	c.end()
	c.mu.Lock()
	held := c.held
	c.held = nil
	c.mu.Unlock()
	for each := range held {
		_ = each.Conn.Close() // how that goes is nobody's concern
	}
}

// A conn is forgotten when it is closed.
type conn struct {
	net.Conn
	conns *Conns
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.conns.mu.Lock()
	defer c.conns.mu.Unlock()
	delete(c.conns.held, c) // not before it is closed, or Conns.Close would not wait for that
	return err
}

// A rawConn is a conn that its user can look into, by which a pool finds those
// that broke while they were idle.
type rawConn struct {
	*conn
	syscall.Conn
}
