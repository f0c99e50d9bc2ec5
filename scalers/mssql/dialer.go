package mssql

import (
	"context"
	"net"
	"sync"

	"github.com/scalerkit/scalerkit/driver"
)

// A dialer is for one session, and remembers the connections that it takes.
type dialer struct {
	dial driver.DialFunc
	host string

	mu     sync.Mutex
	conns  []net.Conn
	closed bool
}

// HostName implements mssql.HostDialer, so that names are for the dialer to look up.
func (d *dialer) HostName() string { return d.host }

// DialContext implements mssql.Dialer.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = conn.Close() // nobody waits for it any more
		return nil, context.Canceled
	}
	d.conns = append(d.conns, conn)
	return conn, nil
}

func (d *dialer) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, conn := range d.conns {
		_ = conn.Close() // one that is left already is closed twice
	}
}
