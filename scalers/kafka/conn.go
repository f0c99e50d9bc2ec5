package kafka

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/sasl"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

const dialTimeout = 5 * time.Second

// A conn is the one connection to a broker. It is opened when it is needed,
// and anew after it broke.
type conn struct {
	address   string
	dial      driver.DialFunc
	mechanism sasl.Mechanism // nil: no authentication
	turn      chan struct{}  // has an element while somebody uses the conn

	mu     sync.Mutex
	wire   *wire // nil if there is none
	closed bool
}

// use calls f with an open wire while nobody else uses it. An error of f means
// that the wire is broken; f is called again, with another one, only if the
// broker had closed the wire before it was used.
func (c *conn) use(ctx context.Context, f func(*wire) error) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	w, stale := c.idle(), true
	for {
		var err error
		if w == nil {
			stale = false
			w, err = c.open(ctx)
		}
		if err == nil {
			w.heard = false
			err = c.try(ctx, w, f)
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case stale && !w.heard && !isTimeout(err):
			w = nil
		default:
			return fmt.Errorf("broker %s: %w", c.address, err)
		}
	}
}

// try calls f and drops the wire if that fails, or when ctx ends.
func (c *conn) try(ctx context.Context, w *wire, f func(*wire) error) error {
	stop := context.AfterFunc(ctx, func() { _ = w.Close() })
	err := f(w)
	if !stop() || err != nil {
		c.drop()
	}
	return err
}

// idle returns the wire if there is one that can still be used.
func (c *conn) idle() *wire {
	c.mu.Lock()
	w := c.wire
	c.mu.Unlock()
	if w != nil && !w.expires.IsZero() && time.Now().After(w.expires) {
		c.drop()
		return nil
	}
	return w
}

// open dials the broker and makes acquaintance.
func (c *conn) open(ctx context.Context) (*wire, error) {
	connection, err := c.dial(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: connection, in: bufio.NewReader(connection)}
	stop := context.AfterFunc(ctx, func() { _ = w.Close() })
	defer stop()
	err = w.greet()
	if err == nil && c.mechanism != nil {
		host, _, _ := net.SplitHostPort(c.address) // it was dialled
		err = w.authenticate(sasl.WithMetadata(ctx, &sasl.Metadata{Host: host}), c.mechanism)
	}
	if err != nil {
		_ = w.Close() // the error says more
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = w.Close() // nobody is left to tell
		return nil, scalerkit.ErrClosed
	}
	c.wire = w
	return w, nil
}

// drop closes the wire, if there is one.
func (c *conn) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wire != nil {
		_ = c.wire.Close() // it is broken, or idle with nothing to lose
		c.wire = nil
	}
}

// retire closes the conn, unless somebody uses it.
func (c *conn) retire() {
	select {
	case c.turn <- struct{}{}:
		c.drop()
		<-c.turn
	default:
	}
}

// close closes the conn for good.
func (c *conn) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.drop()
}

// connected reports whether there is a wire.
func (c *conn) connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wire != nil
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
