// Package externaltest has an external scaler for tests. What it says goes
// through the encoding of google.golang.org/protobuf by what externalscaler.proto
// says, and so by none of our own.
package externaltest

import (
	"context"
	_ "embed"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/scalerkit/scalerkit/internal/rpc/rpctest"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// A Handler is what an external scaler does. What is nil is not implemented.
type Handler struct {
	IsActive         func(context.Context, wire.Object) (bool, error)
	GetMetricSpec    func(context.Context, wire.Object) (wire.Measures, error)
	GetMetrics       func(ctx context.Context, o wire.Object, metric string) (wire.Measures, error)
	StreamIsActive   func(ctx context.Context, o wire.Object, send func(bool)) error
	StreamMetricSpec func(ctx context.Context, o wire.Object, send func(wire.Measures)) error
}

// Serve serves a Handler until the test ends, and returns the address.
func Serve(tb testing.TB, h Handler, options ...grpc.ServerOption) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	ServeOn(tb, listener, h, options...)
	return listener.Addr().String()
}

// ServeOn serves a Handler until the test ends, or the returned function is
// called.
func ServeOn(tb testing.TB, listener net.Listener, h Handler, options ...grpc.ServerOption) (stop func()) {
	tb.Helper()
	return rpctest.Run(tb, listener, h.description(tb), options...)
}

//go:embed externalscaler.proto
var protocol string

// Protocol returns what externalscaler.proto says.
func Protocol(tb testing.TB) protoreflect.FileDescriptor { return rpctest.Protocol(tb, protocol) }

func (h Handler) description(tb testing.TB) *grpc.ServiceDesc {
	file := Protocol(tb)
	desc := &grpc.ServiceDesc{ServiceName: wire.Service}
	methods := file.Services().Get(0).Methods()
	for i := range methods.Len() {
		m := methods.Get(i)
		if name := string(m.Name()); m.IsStreamingServer() {
			desc.Streams = append(desc.Streams, grpc.StreamDesc{StreamName: name, ServerStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
				request := dynamicpb.NewMessage(m.Input())
				if err := s.RecvMsg(request); err != nil {
					return err
				}
				return h.stream(s, name, request, m.Output())
			}})
		} else {
			desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: name, Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				request := dynamicpb.NewMessage(m.Input())
				if err := decode(request); err != nil {
					return nil, err
				}
				response := dynamicpb.NewMessage(m.Output())
				return response, h.answer(ctx, name, request, response)
			}})
		}
	}
	return desc
}

var errUnimplemented = status.Error(codes.Unimplemented, "the test has none")

func (h Handler) answer(ctx context.Context, method string, request, response protoreflect.Message) error {
	switch {
	case method == wire.IsActive && h.IsActive != nil:
		active, err := h.IsActive(ctx, object(request))
		set(response, "result", protoreflect.ValueOf(active))
		return err
	case method == wire.GetMetricSpec && h.GetMetricSpec != nil:
		specs, err := h.GetMetricSpec(ctx, object(request))
		putSpecs(response, specs)
		return err
	case method == wire.GetMetrics && h.GetMetrics != nil:
		values, err := h.GetMetrics(ctx, object(get(request, "scaledObjectRef").Message()), get(request, "metricName").String())
		putMeasures(response, "metricValues", "metricValue", values)
		return err
	}
	return errUnimplemented
}

func (h Handler) stream(s grpc.ServerStream, method string, request protoreflect.Message, output protoreflect.MessageDescriptor) error {
	send := func(put func(protoreflect.Message)) {
		response := dynamicpb.NewMessage(output)
		put(response)
		_ = s.SendMsg(proto.Message(response)) // if it fails, the context has ended
	}
	switch {
	case method == wire.StreamIsActive && h.StreamIsActive != nil:
		return h.StreamIsActive(s.Context(), object(request), func(active bool) {
			send(func(m protoreflect.Message) { set(m, "result", protoreflect.ValueOf(active)) })
		})
	case method == wire.StreamMetricSpec && h.StreamMetricSpec != nil:
		return h.StreamMetricSpec(s.Context(), object(request), func(specs wire.Measures) {
			send(func(m protoreflect.Message) { putSpecs(m, specs) })
		})
	}
	return errUnimplemented
}

func object(ref protoreflect.Message) wire.Object {
	o := wire.Object{Name: get(ref, "name").String(), Namespace: get(ref, "namespace").String(), Metadata: make(map[string]string)}
	for k, v := range get(ref, "scalerMetadata").Map().Range {
		o.Metadata[k.String()] = v.String()
	}
	return o
}

func putSpecs(m protoreflect.Message, specs wire.Measures) {
	putMeasures(m, "metricSpecs", "targetSize", specs)
}

func putMeasures(m protoreflect.Message, list, number protoreflect.Name, measures wire.Measures) {
	all := m.Mutable(m.Descriptor().Fields().ByName(list)).List()
	for _, each := range measures {
		one := all.AppendMutable().Message()
		set(one, "metricName", protoreflect.ValueOf(each.Name))
		set(one, number, protoreflect.ValueOf(each.Int))
		set(one, number+"Float", protoreflect.ValueOf(each.Float))
	}
}

func get(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(name))
}

func set(m protoreflect.Message, name protoreflect.Name, v protoreflect.Value) {
	m.Set(m.Descriptor().Fields().ByName(name), v)
}
