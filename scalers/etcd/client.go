package etcd

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

const dialTimeout = 5 * time.Second

// A client is etcd's, which is not used any more once it cannot get through: it
// would wait longer and longer before it tries again, and a new one tries at once.
type client struct {
	*clientv3.Client
	borrowed bool         // it is the program's
	heard    atomic.Int64 // how often something came from a server
	silent   atomic.Bool  // nothing came while it was waited for
}

// retries are for one of several servers that is away: a client that has no other
// is replaced, and should not dial any more until it is.
var retries = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 30 * time.Second, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Minute},
	MinConnectTimeout: dialTimeout,
}

// connect returns a client. With a user, it has logged in.
func (s *Server) connect(ctx context.Context, o scalerkit.Options) (*client, error) {
	if s.Client != nil {
		return &client{Client: s.Client, borrowed: true}, nil
	}
	tls, err := s.TLS.Config(o)
	if err != nil {
		return nil, err
	}
	if tls != nil {
		tls.NextProtos = []string{"h2"}
	}
	c := new(client)
	d := &dialer{dial: driver.Dial(o.Dial, tls, dialTimeout)}
	c.Client, err = clientv3.New(clientv3.Config{
		Context:     ctx,
		Endpoints:   s.Endpoints,
		Username:    s.Username,
		Password:    s.Password.Reveal(),
		DialTimeout: dialTimeout,
		DialOptions: []grpc.DialOption{grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := d.Dial(ctx, address)
			if err != nil {
				return nil, err
			}
			return listened{conn, &c.heard}, nil
		}), grpc.WithConnectParams(retries), grpc.WithChainUnaryInterceptor(failFast)},
		DialKeepAliveTime:    10 * time.Second, // of watches
		DialKeepAliveTimeout: 5 * time.Second,
		MaxUnaryRetries:      1, // there are no others than the first attempt
		Logger:               zap.NewNop(),
	})
	if err != nil {
		return nil, explain(ctx, err)
	}
	return c, nil
}

// failFast has a call fail when there is no connection. The library has calls wait
// for one, for as long as they may take.
func failFast(ctx context.Context, method string, request, answer any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	return invoke(ctx, method, request, answer, cc, append(options, grpc.WaitForReady(false))...)
}

// IsClosed reports whether the client has to be replaced.
func (c *client) IsClosed() bool {
	if c.borrowed {
		return false
	}
	state := c.ActiveConnection().GetState()
	return c.silent.Load() || state == connectivity.TransientFailure || state == connectivity.Shutdown
}

// Close implements io.Closer.
func (c *client) Close() error {
	if c.borrowed {
		return nil
	}
	_ = c.Client.Close() // it says that its context has ended
	return nil
}

// A dialer leaves an address alone for a while that could not be reached, whatever
// reasons gRPC has to try it again.
type dialer struct {
	dial driver.DialFunc

	mu     sync.Mutex
	failed map[string]failure
}

type failure struct {
	time time.Time
	err  error
}

// Dial connects, or returns the error with which that has just failed. One that gRPC
// has cancelled, since it begins anew, has not failed.
func (d *dialer) Dial(ctx context.Context, address string) (net.Conn, error) {
	d.mu.Lock()
	last, failed := d.failed[address]
	d.mu.Unlock()
	if failed && time.Since(last.time) < retries.Backoff.BaseDelay/2 {
		return nil, last.err
	}
	conn, err := d.dial(ctx, "tcp", address)
	if err != nil && !errors.Is(err, context.Canceled) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.failed == nil {
			d.failed = make(map[string]failure)
		}
		d.failed[address] = failure{time.Now(), err}
	}
	return conn, err
}

// A listened is a connection that counts how often something comes.
type listened struct {
	net.Conn
	heard *atomic.Int64
}

// Read implements net.Conn.
func (l listened) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n > 0 {
		l.heard.Add(1)
	}
	return n, err
}
