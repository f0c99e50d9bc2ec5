// Package transport carries the requests to sources that speak HTTP. Every
// client that has connections of its own gets them here, so that proxies, time
// limits and TLS are the same for all, and nothing is left of a client that is
// closed.
package transport

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/conns"
	"github.com/scalerkit/scalerkit/internal/tlshint"
)

const (
	defaultTimeout = 3 * time.Second
	idleTimeout    = 90 * time.Second
)

// A Config is what a client wants. The rest is the program's to say.
type Config struct {
	TLS         *tls.Config   // nil: what scalerkit.Options.TLSConfig says
	Connections int           // to each host, at most; 0: no limit
	Timeout     time.Duration // of a request and its answer; 0: what scalerkit.Options.HTTP says, or 3 seconds
}

// A Transport carries the requests of one client. Its methods may be called
// concurrently.
type Transport struct {
	// Timeout is the limit for a request and its answer. It is for the
	// http.Client to observe.
	Timeout time.Duration

	http  *http.Transport
	conns *conns.Conns
	proxy proxyFunc
}

// New returns a Transport. It does no I/O.
func New(c Config, options scalerkit.Options) *Transport {
	t := &Transport{
		Timeout: cmp.Or(c.Timeout, max(options.HTTP.Timeout, 0), defaultTimeout),
		proxy:   proxy(options.HTTP.Proxy),
	}
	dial := tlshint.Dial(options.Dial)
	t.conns = conns.New(func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, t.Timeout)
		defer cancel()
		return dial(ctx, network, address)
	})
	t.http = &http.Transport{
		TLSClientConfig:     cmp.Or(c.TLS, options.TLSConfig).Clone(), // the http.Transport writes to it
		TLSHandshakeTimeout: t.Timeout,
		ForceAttemptHTTP2:   true,
		// A request that is given up leaves its HTTP/2 connection to the others,
		// also if that is dead. So it is asked whether it is.
		HTTP2:               &http.HTTP2Config{SendPingTimeout: t.Timeout / 2, PingTimeout: t.Timeout / 2},
		DisableKeepAlives:   options.HTTP.DisableKeepAlives,
		MaxConnsPerHost:     c.Connections,
		MaxIdleConnsPerHost: c.Connections,
		IdleConnTimeout:     idleTimeout,
	}
	t.Adopt(t.http)
	return t
}

// Adopt sends the requests of other, which a library made, over connections that
// are opened as those of t are, and that end with t.
func (t *Transport) Adopt(other *http.Transport) {
	other.DialContext = t.conns.Dial
	other.Proxy = t.proxy
	other.OnProxyConnectResponse = explainProxy
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) { return t.http.RoundTrip(r) }

// Close ends all connections, those that are being opened and those that are in
// use as well, so that requests under way fail. Later requests do, too.
func (t *Transport) Close() error {
	t.http.CloseIdleConnections() // these are told goodbye
	t.conns.Close()
	return nil
}
