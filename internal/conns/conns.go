package transport

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit/internal/tlshint"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// conns opens connections and knows those that are open. An http.Transport does
// not do for that: it goes on dialing for a request that was given up, so that
// a connection may come, and stay, after its CloseIdleConnections.
type conns struct {
	open    dialFunc
	timeout time.Duration   // to open one
	life    context.Context // ends with close
	end     context.CancelFunc

	mu   sync.Mutex
	held map[*conn]struct{} // nil once they are closed
}

func newConns(open dialFunc, timeout time.Duration) *conns {
	c := &conns{open: tlshint.Dial(open), timeout: timeout, held: make(map[*conn]struct{})}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// dial opens a connection.
func (c *conns) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)() //nolint:contextcheck // the life is the Transport's
	inner, err := c.open(ctx, network, address)
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
	return held, nil
}

// hold reports whether the connection may be used.
func (c *conns) hold(held *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return false
	}
	c.held[held] = struct{}{}
	return true
}

// close closes all connections, and those that are yet to come.
func (c *conns) close() {
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
	conns *conns
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.conns.mu.Lock()
	defer c.conns.mu.Unlock()
	delete(c.conns.held, c) // not before it is closed, or conns.close would not wait for that
	return err
}
