package rpctest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// A Handler answers a call of a method. Request and answer are the JSON of the
// messages, with fields in the order of their numbers.
type Handler func(ctx context.Context, method, request string) (answer string, err error)

// Serve serves the methods of a protocol that do not stream, until the test ends,
// and returns the address.
func Serve(tb testing.TB, protocol protoreflect.FileDescriptor, h Handler, options ...grpc.ServerOption) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	service := protocol.Services().Get(0)
	desc := &grpc.ServiceDesc{ServiceName: string(service.FullName())}
	for i := range service.Methods().Len() {
		m := service.Methods().Get(i)
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: string(m.Name()), Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			request, answer := dynamicpb.NewMessage(m.Input()), dynamicpb.NewMessage(m.Output())
			if err := decode(request); err != nil {
				return nil, err
			}
			asked, err := shown(request)
			if err != nil {
				return nil, err
			}
			text, err := h(ctx, string(m.Name()), asked)
			if err != nil {
				return nil, err
			}
			return answer, protojson.Unmarshal([]byte(text), answer)
		}})
	}
	Run(tb, listener, desc, options...)
	return listener.Addr().String()
}

// Run serves a service until the test ends, or the returned function is called.
func Run(tb testing.TB, listener net.Listener, desc *grpc.ServiceDesc, options ...grpc.ServerOption) (stop func()) {
	tb.Helper()
	server := grpc.NewServer(options...)
	server.RegisterService(desc, nil)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	stop = func() {
		server.Stop()
		if err := <-ended; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			tb.Errorf("serve: %v", err)
		}
		ended <- nil
	}
	tb.Cleanup(stop)
	return stop
}

// shown returns a message as JSON.
func shown(m proto.Message) (string, error) {
	data, err := protojson.Marshal(m)
	if err != nil {
		return "", err
	}
	var compact bytes.Buffer
	err = json.Compact(&compact, data) // protojson puts white space in, at random
	return compact.String(), err
}
