package scalertest

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A conn is a connection that the network can interfere with.
type conn struct {
	net.Conn
	network *network
	ended   chan struct{} // closed when fault is set

	reading sync.Mutex // held by Read
	held    []byte     // arrived, and not passed on yet; guarded by reading

	// The rest is guarded by network.mu.
	cut      int   // bytes to pass on before the connection breaks; -1: no limit
	lost     bool  // passes on nothing any more
	fault    error // what Read returns once the connection is broken or closed
	deadline time.Time
}

// Read passes on what the source answers, as far as the network lets it. What
// arrives in a stall is held and not dropped, since a driver that goes on with
// the connection afterwards will get it too.
func (c *conn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	var err error
	if len(c.held) == 0 {
		var n int
		n, err = c.Conn.Read(p)
		c.held = append(c.held, p[:n]...)
	}
	if !c.waitForHeal() {
		return 0, os.ErrDeadlineExceeded
	}
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	return c.pass(p, err)
}

// pass passes on what is held, or err if that is nothing.
func (c *conn) pass(p []byte, err error) (int, error) {
	if c.fault != nil {
		return 0, c.fault
	}
	if len(c.held) == 0 {
		return 0, err
	}
	n := copy(p, c.held)
	if c.cut >= 0 && n >= c.cut {
		n = c.cut
		c.fail(io.EOF)
	}
	if n == 0 {
		return 0, c.fault
	}
	if c.cut >= 0 {
		c.cut -= n
	}
	c.held = c.held[n:]
	c.network.passed += n
	return n, nil
}

// waitForHeal returns true when nothing is held up or the connection has ended,
// and false when the deadline for reading has passed.
func (c *conn) waitForHeal() bool {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	c.network.stuck++
	defer func() { c.network.stuck-- }()
	for c.fault == nil && (c.lost || c.network.healed != nil) {
		if !c.deadline.IsZero() && time.Now().After(c.deadline) {
			return false
		}
		healed := c.network.healed
		if c.lost {
			healed = nil // never
		}
		c.network.mu.Unlock()
		select {
		case <-healed:
		case <-c.ended:
		case <-poll.C: // a deadline may be set, and a connection lost, while a Read waits
		}
		c.network.mu.Lock()
	}
	return true
}

// Write sends to the source. Its error is that of a connection which the other
// side has closed, and not that of one which the driver has.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil && c.isBroken() {
		err = &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
	}
	return n, err
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.network.mu.Lock()
	c.deadline = t
	c.network.mu.Unlock()
	if c.isBroken() {
		return nil // as for a connection that only the other side has closed
	}
	return c.Conn.SetReadDeadline(t)
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	if c.isBroken() {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// isBroken reports whether the network broke the connection before the driver
// closed it.
func (c *conn) isBroken() bool {
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	return c.fault != nil && !errors.Is(c.fault, net.ErrClosed)
}

// fail ends the connection on the side of the source, for the given reason,
// unless it has ended already. The network's lock is held.
func (c *conn) fail(reason error) {
	if c.fault != nil {
		return
	}
	c.fault = reason
	close(c.ended)
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so that the source sees a reset; without it the test is only gentler
	}
	_ = c.Conn.Close() // the driver is to see it broken, whatever Close says
}

// Close is the driver's. A connection counts as open until it is called.
func (c *conn) Close() error {
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	_, isOpen := c.network.conns[c]
	delete(c.network.conns, c)
	if c.fault != nil && isOpen {
		return nil // broken, and closed for the first time
	}
	if c.fault == nil {
		c.fault = net.ErrClosed
		close(c.ended)
	}
	return c.Conn.Close()
}
