package shard

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
)

// Guard makes clients of a configuration write for the objects of a shard only
// while that is with this replica; see [Term.Guard]. Other requests are made at
// any time.
func (k *Keeper) Guard(config *rest.Config) {
	config.Wrap(func(base http.RoundTripper) http.RoundTripper { return transport{base} })
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return k.connected(c), nil
	}
}

// A transport asks before each request, also one that client-go makes again.
type transport struct{ base http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	term, ok := r.Context().Value(termKey{}).(*Term)
	if !ok || r.Method == http.MethodGet {
		return t.base.RoundTrip(r)
	}
	leave, ok := term.enter()
	if !ok {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, ErrNotHeld)
	}
	// What the transport below does again, over another connection, it does not
	// after the term either.
	ctx, cancel := context.WithCancelCause(r.Context())
	unhook := context.AfterFunc(term.ctx, func() { cancel(ErrNotHeld) }) //nolint:contextcheck // it is the end that matters
	stop := func() {
		unhook()
		cancel(nil)
	}
	response, err := t.base.RoundTrip(r.WithContext(ctx))
	leave()
	if err != nil {
		stop()
		return nil, err
	}
	response.Body = body{response.Body, stop}
	return response, nil
}

// A body does something when it is closed.
type body struct {
	io.ReadCloser
	closed func()
}

// Close implements [io.Closer].
func (b body) Close() error {
	defer b.closed()
	return b.ReadCloser.Close()
}

// A connection with the API server sends nothing once everything is lost: neither
// what waits here, if the process stood still, nor what waits in the kernel, if the
// network did.
type connection struct {
	net.Conn
	holding *holding
}

func (h *holding) connected(c net.Conn) net.Conn {
	guarded := &connection{c, h}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.connections == nil {
		h.connections = make(map[*connection]struct{})
	}
	h.connections[guarded] = struct{}{}
	return guarded
}

// Write implements [net.Conn].
func (c *connection) Write(b []byte) (int, error) {
	if c.holding.hasLapsed() {
		c.cut()
		return 0, ErrNotHeld
	}
	return c.Conn.Write(b)
}

// Close implements [net.Conn].
func (c *connection) Close() error {
	c.holding.mu.Lock()
	delete(c.holding.connections, c)
	c.holding.mu.Unlock()
	return c.Conn.Close()
}

// cut closes the connection and has the kernel forget what it has not sent.
func (c *connection) cut() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // or else it is not connected any more
	}
	_ = c.Conn.Close()
}

// hasLapsed says whether shards are lost and that was not noted yet.
func (h *holding) hasLapsed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !IsBefore(time.Now(), h.until) && h.holdsAny()
}
