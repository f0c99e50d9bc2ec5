package redis

import (
	"context"
	"net"
	"sync"
	"syscall"

	"github.com/scalerkit/scalerkit/driver"
)

// conns are the connections of one client.
type conns struct {
	dial driver.DialFunc

	mu     sync.Mutex
	open   map[*conn]struct{}
	closed bool
}

type conn struct {
	net.Conn
	all *conns
}

// A rawConn is a conn that the library can look into, by which it finds those
// that broke while they were idle.
type rawConn struct {
	*conn
	syscall.Conn
}

// dialContext opens a connection and keeps track of it.
func (c *conns) dialContext(ctx context.Context, network, address string) (net.Conn, error) {
	inner, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = inner.Close() // nobody is left to tell
		return nil, net.ErrClosed
	}
	outer := &conn{inner, c}
	c.open[outer] = struct{}{}
	if raw, ok := inner.(syscall.Conn); ok {
		return rawConn{outer, raw}, nil
	}
	return outer, nil
}

func (c *conns) breakAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.open {
		_ = conn.Conn.Close() // the client closes it again
	}
	clear(c.open)
}

func (c *conn) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}
