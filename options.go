package scalerkit

import (
	"context"
	"log/slog"
	"net"
	"net/http"
)

// Options is what a [Scaler] borrows from the program around it. The zero
// value is ready to use.
type Options struct {
	// HTTPClient is for sources that speak HTTP; it is used as it is, and
	// TLS settings of the trigger then do not apply. If nil, each connection
	// has a client of its own with a time limit of 3 seconds per request.
	HTTPClient *http.Client

	// Dial opens network connections in place of a [net.Dialer]: through a
	// proxy, say, or under a test's control. It does not concern HTTPClient.
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
	// parameter is required and given nowhere else). If nil, these are errors.
	Warn func(ConfigError)
}
