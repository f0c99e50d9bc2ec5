package server

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/guard"
	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// An Object is what a caller asks about.
type Object struct {
	Owner scalerkit.Key // the ScaledObject or ScaledJob

	// Metadata is that of the trigger. A key that ends in FromEnv has the value of
	// the variable, which may be a secret.
	Metadata map[string]string
}

// Options say what a Server serves, and whom.
type Options struct {
	// Open returns the Scaler of an Object. It does no I/O, and is called again
	// for the same Object only after the Scaler was closed or it failed. The error
	// reaches the caller and contains no secret.
	Open func(Object) (scalerkit.Scaler, error)

	// MaxAge is how old a reading may be that answers one more call. 0 means a
	// second; if it is less, each call is a reading.
	MaxAge time.Duration

	// Idle is how long a Scaler is kept for which nobody asks. 0 or less means 10
	// minutes. A poll that comes later opens it, and its connection, anew.
	Idle time.Duration

	// Most is the number of Scalers that there may be; who asks for one more is
	// refused. 0 or less means 10,000.
	Most int

	// Anonymous lets callers in that show no certificate, if they are on this
	// machine.
	Anonymous bool
}

// A Server is an external scaler. Its methods may be called concurrently.
type Server struct {
	options Options
	grpc    *grpc.Server
	scalers scalers
}

// usual are the options of gRPC where the program has no others. Callers that
// vanish are noticed, since a stream keeps its Scaler.
var usual = []grpc.ServerOption{grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute})}

// New returns a Server. The options of gRPC have the credentials, without which
// nobody shows a certificate.
func New(options Options, more ...grpc.ServerOption) *Server {
	if options.MaxAge == 0 {
		options.MaxAge = time.Second
	}
	if options.Idle <= 0 {
		options.Idle = 10 * time.Minute
	}
	if options.Most <= 0 {
		options.Most = 10_000
	}
	s := &Server{options: options, grpc: grpc.NewServer(slices.Concat(usual, more, []grpc.ServerOption{grpc.ForceServerCodec(rpc.Codec{})})...)}
	s.scalers = scalers{options: options, byRef: make(map[wire.Ref]*shared)}
	s.grpc.RegisterService(&grpc.ServiceDesc{
		ServiceName: wire.Service,
		Methods: []grpc.MethodDesc{
			method(s, wire.IsActive, s.isActive),
			method(s, wire.GetMetricSpec, s.metricSpec),
			method(s, wire.GetMetrics, s.metrics),
		},
		Streams: []grpc.StreamDesc{{StreamName: wire.StreamIsActive, ServerStreams: true, Handler: s.stream}},
	}, nil)
	return s
}

// Serve serves callers until Close, after which it returns nil, or an error of the
// listener. It closes the listener.
func (s *Server) Serve(l net.Listener) error {
	if err := s.grpc.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// Close ends all calls, and closes all Scalers. The error is theirs.
func (s *Server) Close() error {
	s.grpc.Stop()
	return s.scalers.close()
}

// A pointer is what a message is received into.
type pointer[M any] interface {
	*M
	rpc.Message
}

// method describes a method that gives one answer.
func method[M any, P pointer[M]](s *Server, name string, answer func(context.Context, P) (rpc.Message, error)) grpc.MethodDesc {
	handle := func(ctx context.Context, request any) (response any, err error) {
		defer func() { err = asStatus(ctx, err) }()
		defer guard.Catch(&err)
		if err := s.admit(ctx); err != nil {
			return nil, err
		}
		return answer(ctx, request.(P))
	}
	info := &grpc.UnaryServerInfo{FullMethod: "/" + wire.Service + "/" + name}
	return grpc.MethodDesc{MethodName: name, Handler: func(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		request := P(new(M))
		if err := decode(request); err != nil {
			return nil, err
		}
		if intercept != nil {
			return intercept(ctx, request, info, handle)
		}
		return handle(ctx, request)
	}}
}

// stream answers StreamIsActive.
func (s *Server) stream(_ any, stream grpc.ServerStream) (err error) {
	ctx := stream.Context()
	defer func() { err = asStatus(ctx, err) }()
	defer guard.Catch(&err)
	if err := s.admit(ctx); err != nil {
		return err
	}
	var ref wire.Ref
	if err := stream.RecvMsg(&ref); err != nil {
		return err
	}
	return s.streamIsActive(ctx, ref, func(active bool) error { return stream.SendMsg(&wire.Activity{Active: active}) })
}

// admit refuses callers that do not show who they are.
func (s *Server) admit(ctx context.Context) error {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return status.Error(codes.Unauthenticated, "nobody knows who calls")
	}
	if info, ok := caller.AuthInfo.(credentials.TLSInfo); ok && len(info.State.VerifiedChains) > 0 {
		return nil
	}
	if address, ok := caller.Addr.(*net.TCPAddr); ok && address.IP.IsLoopback() && s.options.Anonymous {
		return nil
	}
	return status.Error(codes.Unauthenticated, "show a client certificate")
}

// asStatus returns an error as gRPC has it.
func asStatus(ctx context.Context, err error) error {
	var known interface{ GRPCStatus() *status.Status }
	code := codes.Unavailable
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err()
	case len(scalerkit.ConfigErrors(err)) > 0:
		code = codes.InvalidArgument
	case errors.Is(err, scalerkit.ErrNotFound):
		code = codes.NotFound
	case errors.Is(err, scalerkit.ErrDenied):
		code = codes.PermissionDenied
	case errors.Is(err, scalerkit.ErrThrottled):
		code = codes.ResourceExhausted
	}
	return status.Error(code, err.Error())
}
