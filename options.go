package scalerkit

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/scalerkit/scalerkit/internal/pool"
)

// Options is what a [Scaler] borrows from the program around it. The zero
// value is ready to use.
type Options struct {
	// HTTPClient is for sources that speak HTTP; it is used as it is, and
	// HTTP, TLSConfig and the TLS settings of the trigger then do not apply.
	// If nil, each connection has a client of its own.
	HTTPClient *http.Client

	// HTTP is for the clients that sources have if HTTPClient is nil.
	HTTP HTTP

	// TLSConfig is what TLS connections begin with: roots in place of the
	// system's, a minimum version, cipher suites. What a trigger says is added
	// to it: its ca to the roots, its certificate in place of others. It must
	// not be changed any more. If nil, the roots are the system's, and the
	// minimum is TLS 1.2.
	TLSConfig *tls.Config

	// Dial opens network connections in place of a [net.Dialer]: through a
	// tunnel, say, or under a test's control. Where a proxy is used, this opens
	// the connection to that. It does not concern HTTPClient.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// IdentityEndpoints are hosts that may be sent a token of [Spec.Identity],
	// or of the process itself, besides those of the cloud that issues it. A
	// trigger that would have it sent elsewhere is refused: who writes it could
	// name a host of his own, and act as the program with what comes there.
	// Signatures of AWS, which are of no use to another host, go anywhere, and
	// so do credentials that the trigger itself has.
	//
	// An entry is "example.com" or an IP address, on any port,
	// "example.com:8443", or "*.example.com" for all hosts below example.com.
	// Those listed may be asked without TLS too, where the trigger says so.
	IdentityEndpoints []string

	// Pool holds the connections that Scalers with equal connection settings
	// share. If nil, a Scaler shares with nobody. Scalers that share a
	// connection use the Options of the first that opened it.
	Pool *Pool

	// Logger is for what happens while nobody waits for an answer, such as a
	// lost [Watcher] connection. Read returns its errors and does not log.
	// If nil, nothing is logged.
	Logger *slog.Logger

	// Warn is told what KEDA tolerates and a strict reading of a [Spec]
	// refuses: a key that the trigger type does not know, a parameter that is
	// given twice with different values (the first place in the parameter's
	// From then wins), and an environment variable that is not set (unless the
	// parameter is required and given nowhere else). If nil, these are errors, as
	// are always two values where Param.Agree says so.
	//
	// It is also told of what has no effect, such as a certificate while TLS is
	// off. That is no error if nobody is told.
	Warn func(ConfigError)
}

// HTTP says how sources are asked that speak HTTP. The zero value is ready to
// use.
type HTTP struct {
	// Timeout limits a request together with its answer, and the opening of a
	// connection. A trigger's own time limit comes before it. 0 or less means
	// 3 seconds.
	Timeout time.Duration

	// Proxy returns the URL of the proxy for a request, or nil for none, as in
	// [http.Transport]. It may be called concurrently. It is not asked about
	// the metadata services of clouds, which are always reached directly. If
	// nil, the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply, or their
	// lower-case forms, as they are when a connection of the source is first
	// made; hosts on the loopback interface are then reached directly, too.
	// A function that returns nil for every request turns that off.
	Proxy func(*http.Request) (*url.URL, error)

	// DisableKeepAlives ends each connection after one request.
	DisableKeepAlives bool
}

// A Pool holds connections that Scalers share: a thousand triggers on one
// broker with one identity hold one connection. The zero value is ready to
// use; a Pool must not be copied. It may be used concurrently.
type Pool = pool.Pool
