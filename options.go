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
