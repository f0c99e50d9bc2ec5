package server_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
	"github.com/scalerkit/scalerkit/scalers/external/server"
)

// A scaler is a Scaler whose readings are what a function says.
type scaler struct {
	metric scalerkit.Metric
	read   func(context.Context) (scalerkit.Reading, error)
	closed chan error // has what Close returns; nil: nobody is told
}

var metric = scalerkit.Metric{Name: "lag", Target: scalerkit.Target{Value: 5}, Activation: 2}

func reading(r scalerkit.Reading, err error) *scaler {
	return &scaler{metric: metric, read: func(context.Context) (scalerkit.Reading, error) { return r, err }}
}

func (s *scaler) Metric() scalerkit.Metric                            { return s.metric }
func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) { return s.read(ctx) }

func (s *scaler) Close() error {
	if s.closed == nil {
		return nil
	}
	return <-s.closed
}

// always returns an Open that has one Scaler.
func always(s scalerkit.Scaler) func(server.Object) (scalerkit.Scaler, error) {
	return func(server.Object) (scalerkit.Scaler, error) { return s, nil }
}

// serve serves until the test ends, and returns the address.
func serve(tb testing.TB, o server.Options, more ...grpc.ServerOption) string {
	tb.Helper()
	s := server.New(o, more...)
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return listen(tb, s)
}

// listen lets a server serve until it is closed, which it has to be.
func listen(tb testing.TB, s *server.Server) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := s.Serve(listener); err != nil {
			tb.Errorf("serve: %v", err)
		}
	})
	tb.Cleanup(func() {
		_ = s.Close() // if it was closed before, this is nothing
		wait.Wait()
	})
	return listener.Addr().String()
}

// A caller calls a server.
type caller struct {
	*testing.T
	conn *grpc.ClientConn
	ref  wire.Ref
}

// call returns a caller of a server for callers who are anonymous.
func call(t *testing.T, o server.Options) caller {
	t.Helper()
	o.Anonymous = true
	return callAt(t, serve(t, o))
}

func callAt(t *testing.T, address string) caller {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(rpc.Codec{})))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return caller{t, conn, wire.Object{Name: "orders", Namespace: "shop", Metadata: map[string]string{"queue": "a"}}.Encode()}
}

func (c caller) invoke(method string, request, response rpc.Message) error {
	return c.conn.Invoke(c.Context(), "/"+wire.Service+"/"+method, request, response)
}

func (c caller) isActive() (bool, error) {
	var a wire.Activity
	err := c.invoke(wire.IsActive, &c.ref, &a)
	return a.Active, err
}

func (c caller) specs() (wire.Measures, error) {
	var m wire.Measures
	err := c.invoke(wire.GetMetricSpec, &c.ref, &m)
	return m, err
}

func (c caller) metrics(name string) (wire.Measures, error) {
	var m wire.Measures
	err := c.invoke(wire.GetMetrics, &wire.Request{Ref: c.ref, Metric: name}, &m)
	return m, err
}

// pushes returns what receives from StreamIsActive.
func (c caller) pushes() func() (bool, error) {
	c.Helper()
	stream, err := c.conn.NewStream(c.Context(), &grpc.StreamDesc{ServerStreams: true}, "/"+wire.Service+"/"+wire.StreamIsActive)
	require.NoError(c, err)
	require.NoError(c, stream.SendMsg(&c.ref))
	require.NoError(c, stream.CloseSend())
	return func() (bool, error) {
		var a wire.Activity
		err := stream.RecvMsg(&a)
		return a.Active, err
	}
}
