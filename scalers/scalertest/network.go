package scalertest

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
)

// A network is what lies between a driver and its source. It dials for the
// driver and lets the suite make trouble.
type network struct {
	mu      sync.Mutex
	healed  chan struct{} // closed when the stall is over; nil if there is none
	refused bool
	cut     int // bytes that each new connection passes on before it breaks; -1: no limit
	conns   map[*conn]struct{}
	dials   int
	peak    int // the most connections there were at a time
	passed  int // bytes of answers
	stuck   int // reads that wait for the end of a stall
}

func newNetwork() *network {
	return &network{cut: -1, conns: make(map[*conn]struct{})}
}

// refuse breaks all connections and refuses new ones.
func (n *network) refuse() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused = true
	n.resetAll()
}

// reset breaks all connections.
func (n *network) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.resetAll()
}

func (n *network) resetAll() {
	for c := range n.conns {
		c.fail(os.NewSyscallError("read", syscall.ECONNRESET))
	}
}

// stall lets everything through to the source and nothing back, until heal.
func (n *network) stall() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.healed == nil {
		n.healed = make(chan struct{})
	}
}

// lose stalls the connections that there are, for good.
func (n *network) lose() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		c.lost = true
	}
}

// cutAfter ends each connection, whether there already or not, once it has
// passed on that many bytes of answers.
func (n *network) cutAfter(bytes int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = bytes
	for c := range n.conns {
		c.cut = bytes
	}
}

// heal ends all trouble but that of connections that are broken or lost.
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

// open returns the number of connections that the driver has not closed. It
// has to close broken ones too.
func (n *network) open() int { return n.count(func() int { return len(n.conns) }) }

// dialled returns the number of attempts to connect so far.
func (n *network) dialled() int { return n.count(func() int { return n.dials }) }

// mostOpen returns the greatest number of connections there ever were.
func (n *network) mostOpen() int { return n.count(func() int { return n.peak }) }

// received returns how many bytes of answers were passed on so far.
func (n *network) received() int { return n.count(func() int { return n.passed }) }

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
	refusal := &net.OpError{Op: "dial", Net: netw, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if refused {
		return nil, refusal
	}
	inner, err := new(net.Dialer).DialContext(ctx, netw, address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refused { // by now
		_ = inner.Close() // nothing was said over it
		return nil, refusal
	}
	c := &conn{Conn: inner, network: n, cut: n.cut, ended: make(chan struct{})}
	n.conns[c] = struct{}{}
	n.peak = max(n.peak, len(n.conns))
	return c, nil
}
