package rpc

import (
	"cmp"
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
	"github.com/scalerkit/scalerkit/internal/tlshint"
)

const (
	// ConnectTimeout is how long it may take to open a connection, unless a
	// Config says otherwise.
	ConnectTimeout = 5 * time.Second

	// everyAddress shares calls out among all addresses that the name stands for,
	// as KEDA does.
	everyAddress = `{"loadBalancingConfig":[{"round_robin":{}}]}`
)

// The ways in which gRPC may come from a name to addresses.
const (
	lookUp = "dns:///"         // and connect to all of them
	passOn = "passthrough:///" // to whoever dials
)

// TLS returns what speaks TLS by a configuration, and nil if that is nil.
func TLS(config *tls.Config) credentials.TransportCredentials {
	if config == nil {
		return nil
	}
	return credentials.NewTLS(config)
}

// Endpoint returns an address, host:port, without what says how it is looked up.
func Endpoint(address string) string {
	return strings.TrimPrefix(strings.TrimPrefix(address, lookUp), passOn)
}

// target returns an address as gRPC has it. Whoever brings a Dial knows what names
// mean.
func target(address string, options scalerkit.Options) string {
	switch {
	case Endpoint(address) != address:
		return address
	case options.Dial != nil:
		return passOn + address
	}
	return lookUp + address
}

// A Config says who is called, and how.
type Config struct {
	Service string                           // its full name
	Address string                           // host:port, with dns:/// or passthrough:/// in front of it or without
	Secure  credentials.TransportCredentials // TLS; nil: none
	Timeout time.Duration                    // to open a connection; 0: ConnectTimeout
	More    []grpc.DialOption
}

// A Client is a connection of gRPC, which is not used any more once it cannot
// get through: one of its own would wait longer and longer before it tries again,
// and a new one tries at once. Its methods may be called concurrently.
type Client struct {
	conn    *grpc.ClientConn
	service string
	heard   atomic.Int64 // how often something came from the server
	silent  atomic.Bool  // nothing came while it was waited for
}

// New returns a Client that connects when it is first used.
func New(config Config, options scalerkit.Options) (*Client, error) {
	c := &Client{service: config.Service}
	dial, timeout := tlshint.Dial(options.Dial), cmp.Or(config.Timeout, ConnectTimeout)
	transport := config.Secure
	if transport == nil {
		transport = insecure.NewCredentials()
	}
	var err error
	c.conn, err = grpc.NewClient(target(config.Address, options), append([]grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			conn, err := dial(ctx, "tcp", address)
			if err != nil {
				return nil, err
			}
			return listened{conn, &c.heard}, nil
		}),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultServiceConfig(everyAddress),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(Codec{})),
	}, config.More...)...)
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

// IsClosed reports whether the Client has to be replaced.
func (c *Client) IsClosed() bool {
	state := c.conn.GetState()
	return c.silent.Load() || state == connectivity.TransientFailure || state == connectivity.Shutdown
}

// Close implements io.Closer.
func (c *Client) Close() error { return c.conn.Close() }

// Within returns a context for calls, which are not to take forever if ctx does.
func Within(ctx context.Context) (context.Context, context.CancelFunc) {
	const patience = 30 * time.Second
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, patience)
}

// Call calls a method. Its error is for Explain.
func (c *Client) Call(ctx context.Context, method string, request Encoder, response Decoder) error {
	before := c.heard.Load()
	err := c.conn.Invoke(ctx, c.path(method), request, response)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && c.heard.Load() == before {
		c.silent.Store(true) // the connection may have died without a word
	}
	return err
}

// Stream calls a method that answers with a stream.
func (c *Client) Stream(ctx context.Context, method string) (grpc.ClientStream, error) {
	return c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, c.path(method))
}

func (c *Client) path(method string) string { return "/" + c.service + "/" + method }

// ErrUnimplemented means that the server does not know the method.
var ErrUnimplemented = errors.New("the server does not implement it")

// Explain says of an error in which call it came up, and wraps those that are to
// be told apart. What of the server's words an error may have, shown returns.
func Explain(ctx context.Context, method string, err error, shown func(string) string) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
	code, said := status.Code(err), shown(status.Convert(err).Message())
	switch code {
	case codes.Unimplemented:
		err = ErrUnimplemented
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
