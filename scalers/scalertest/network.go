package scalertest

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A network is what lies between a driver and its source. It dials for the
// driver and lets the suite make trouble.
type network struct {
	mu      sync.Mutex
	healed  chan struct{} // closed when the stall is over; nil if there is none
	refused bool
	cut     int // bytes of answer that each connection still passes on; -1: no limit
	conns   map[*conn]struct{}
	dials   int
	peak    int
	stuck   int // reads that wait for the end of a stall
}

func newNetwork() *network {
	return &network{cut: -1, conns: make(map[*conn]struct{})}
}

// refuse closes all connections and refuses new ones.
func (n *network) refuse() {
	n.mu.Lock()
	n.refused = true
	n.mu.Unlock()
	n.reset()
}

// reset breaks all connections.
func (n *network) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		c.abort()
	}
}

// stall lets everything through to the source and nothing back, until heal.
func (n *network) stall() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.healed = make(chan struct{})
}

// cutAfter breaks each connection once it has passed on that many bytes more.
func (n *network) cutAfter(bytes int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = bytes
	for c := range n.conns {
		c.cut = bytes
	}
}

// heal ends all trouble.
func (n *network) heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused, n.cut = false, -1
	for c := range n.conns {
		c.cut = -1
	}
	if n.healed != nil {
		close(n.healed)
		n.healed = nil
	}
}

// open returns the number of connections there are.
func (n *network) open() int { return n.count(func() int { return len(n.conns) }) }

// dialled returns the number of attempts to connect so far.
func (n *network) dialled() int { return n.count(func() int { return n.dials }) }

// mostOpen returns the greatest number of connections there ever were.
func (n *network) mostOpen() int { return n.count(func() int { return n.peak }) }

// waiting returns the number of reads that are held up by a stall.
func (n *network) waiting() int { return n.count(func() int { return n.stuck }) }

func (n *network) count(f func() int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return f()
}

// dial is for Options.Dial.
func (n *network) dial(ctx context.Context, netw, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dials++
	refused := n.refused
	n.mu.Unlock()
	if refused {
		return nil, &net.OpError{Op: "dial", Net: netw, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	inner, err := new(net.Dialer).DialContext(ctx, netw, address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	c := &conn{Conn: inner, network: n, cut: n.cut, closed: make(chan struct{})}
	n.conns[c] = struct{}{}
	n.peak = max(n.peak, len(n.conns))
	return c, nil
}

// A conn is a connection that the network can interfere with.
type conn struct {
	net.Conn
	network *network
	cut     int // guarded by network.mu
	once    sync.Once
	closed  chan struct{}

	mu       sync.Mutex
	deadline time.Time // for reading
}

// Read passes on what the source answers, as far as the network lets it.
func (c *conn) Read(p []byte) (int, error) {
	read, err := c.Conn.Read(p)
	if err := c.waitForHeal(); err != nil {
		return 0, err
	}
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	if c.cut < 0 {
		return read, err
	}
	if read >= c.cut {
		read, err = c.cut, io.ErrUnexpectedEOF
		c.abort()
	}
	c.cut -= read
	if read > 0 {
		err = nil
	}
	return read, err
}

// waitForHeal returns when there is no stall, or with an error when the driver
// closes the connection or its deadline for reading passes.
func (c *conn) waitForHeal() error {
	c.network.mu.Lock()
	healed := c.network.healed
	if healed == nil {
		c.network.mu.Unlock()
		return nil
	}
	c.network.stuck++
	c.network.mu.Unlock()
	defer func() {
		c.network.mu.Lock()
		c.network.stuck--
		c.network.mu.Unlock()
	}()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case <-healed:
			return nil
		case <-c.closed:
			return net.ErrClosed
		case <-poll.C: // a deadline may be set while a Read waits
			if c.expired() {
				return os.ErrDeadlineExceeded
			}
		}
	}
}

func (c *conn) expired() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.deadline.IsZero() && !time.Now().Before(c.deadline)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	c.deadline = t
	c.mu.Unlock()
	return c.Conn.SetReadDeadline(t)
}

func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// abort breaks the connection as a reset does. The network's lock is held.
func (c *conn) abort() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so that closing resets; without it the test is only gentler
	}
	_ = c.Conn.Close() // the driver is to see it broken, whatever Close says
	delete(c.network.conns, c)
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	c.network.mu.Lock()
	delete(c.network.conns, c)
	c.network.mu.Unlock()
	return c.Conn.Close()
}
