package external

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

const (
	dialTimeout = 5 * time.Second

	// everyAddress shares calls out among all addresses that the name stands for,
	// as KEDA does.
	everyAddress = `{"loadBalancingConfig":[{"round_robin":{}}]}`
)

// A client is a connection of gRPC, which is not used any more once it cannot
// get through: one of its own would wait longer and longer before it tries again,
// and a new one tries at once.
type client struct {
	conn   *grpc.ClientConn
	heard  atomic.Int64 // how often something came from the server
	silent atomic.Bool  // nothing came while it was waited for
}

// newClient returns a client that connects when it is first used. Without config,
// there is no TLS.
func newClient(target string, config *tls.Config, dial driver.DialFunc) (*client, error) {
	c := new(client)
	dial = driver.Dial(dial, nil, dialTimeout)
	transport := insecure.NewCredentials()
	if config != nil {
		transport = credentials.NewTLS(config)
	}
	var err error
	c.conn, err = grpc.NewClient(target,
		grpc.WithTransportCredentials(transport),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := dial(ctx, "tcp", address)
			if err != nil {
				return nil, err
			}
			return listened{conn, &c.heard}, nil
		}),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultServiceConfig(everyAddress),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(wire.Codec{})),
	)
	return c, err
}

// A listened is a connection that counts how often something comes.
type listened struct {
	net.Conn
	heard *atomic.Int64
}

func (l listened) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n > 0 {
		l.heard.Add(1)
	}
	return n, err
}

// IsClosed reports whether the client has to be replaced.
func (c *client) IsClosed() bool {
	state := c.conn.GetState()
	return c.silent.Load() || state == connectivity.TransientFailure || state == connectivity.Shutdown
}

// Close implements io.Closer.
func (c *client) Close() error { return c.conn.Close() }

// call calls a method.
func (c *client) call(ctx context.Context, q question, method string, request, response wire.Message) error {
	before := c.heard.Load()
	err := c.conn.Invoke(ctx, path(method), request, response)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && c.heard.Load() == before {
		c.silent.Store(true) // the connection may have died without a word
	}
	return q.explain(ctx, method, err)
}

func path(method string) string { return "/" + wire.Service + "/" + method }

var errUnimplemented = errors.New("the server does not implement it")

// explain says in which call an error came up, and wraps those that are to be
// told apart.
func (q question) explain(ctx context.Context, method string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
	if errors.Is(err, errEnded) {
		return fmt.Errorf("%s: %w", method, err)
	}
	code, said := status.Code(err), q.shown(status.Convert(err).Message())
	switch code {
	case codes.Unimplemented:
		return fmt.Errorf("%s: %w: %s", method, errUnimplemented, said)
	case codes.DeadlineExceeded: // by the server's clock, if it was sooner
		err = context.DeadlineExceeded
	case codes.NotFound:
		err = scalerkit.ErrNotFound
	case codes.Unauthenticated, codes.PermissionDenied:
		err = scalerkit.ErrDenied
	case codes.ResourceExhausted:
		err = scalerkit.ErrThrottled
	default:
		return fmt.Errorf("%s: %v: %s", method, code, said)
	}
	return fmt.Errorf("%s: %w: %s", method, err, said)
}

// shown returns what a server says as an error may have it: the beginning, in one
// line, and without what the server was told from variables.
func (q question) shown(text string) string {
	const most = 300 // bytes
	text = line.Of(text)
	object, _ := q.ref.Decode() // it is ours
	for key, value := range object.Metadata {
		if secret := line.Of(value); secret != "" && strings.HasSuffix(key, "FromEnv") {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return line.Cut(text, most)
}
