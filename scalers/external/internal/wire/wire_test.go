package wire_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external/internal/externaltest"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

func ref(o wire.Object) *wire.Ref { r := o.Encode(); return &r }

// Each message is compared with what the .proto says, written as JSON.
func TestMessagesAreThoseOfTheProtocol(t *testing.T) {
	object := wire.Object{Name: "orders", Namespace: "shop", Metadata: map[string]string{"queue": "a", "": "", "ä": ""}}
	const objectJSON = `{"name":"orders","namespace":"shop","scalerMetadata":{"queue":"a","":"","ä":""}}`
	measures := &wire.Measures{
		{Name: "lag", Int: 7, Float: 7.5}, {Name: "", Int: -1, Float: 0}, {}, {Float: math.Copysign(0, -1)}, {Int: math.MinInt64, Float: math.Inf(-1)},
	}
	for _, c := range []struct {
		name    protoreflect.Name
		message rpc.Message
		empty   rpc.Message
		json    string
	}{
		{"ScaledObjectRef", ref(object), new(wire.Ref), objectJSON},
		{"ScaledObjectRef", ref(wire.Object{}), new(wire.Ref), `{}`},
		{"IsActiveResponse", &wire.Activity{Active: true}, new(wire.Activity), `{"result":true}`},
		{"IsActiveResponse", &wire.Activity{}, &wire.Activity{Active: true}, `{}`},
		{"GetMetricSpecResponse", measures, new(wire.Measures), `{"metricSpecs":[
			{"metricName":"lag","targetSize":7,"targetSizeFloat":7.5},{"targetSize":-1},{},{"targetSizeFloat":-0},
			{"targetSize":"-9223372036854775808","targetSizeFloat":"-Infinity"}]}`},
		{"GetMetricSpecResponse", new(wire.Measures), &wire.Measures{{}}, `{}`},
		{"GetMetricsResponse", measures, new(wire.Measures), `{"metricValues":[
			{"metricName":"lag","metricValue":7,"metricValueFloat":7.5},{"metricValue":-1},{},{"metricValueFloat":-0},
			{"metricValue":"-9223372036854775808","metricValueFloat":"-Infinity"}]}`},
		{"GetMetricsRequest", &wire.Request{Ref: object.Encode(), Metric: "lag"}, new(wire.Request), `{"scaledObjectRef":` + objectJSON + `,"metricName":"lag"}`},
	} {
		theirs := dynamicpb.NewMessage(externaltest.Protocol(t).Messages().ByName(c.name))
		require.NoError(t, protojson.Unmarshal([]byte(c.json), theirs))
		want, err := proto.MarshalOptions{Deterministic: true}.Marshal(theirs)
		require.NoError(t, err)

		got, err := rpc.Codec{}.Marshal(c.message)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), c.json)
		require.NoError(t, rpc.Codec{}.Unmarshal(want, c.empty))
		require.Equal(t, c.message, c.empty)
	}
	decoded, err := object.Encode().Decode()
	require.NoError(t, err)
	require.Equal(t, object, decoded)
}

func TestTheServiceIsThatOfTheProtocol(t *testing.T) {
	service := externaltest.Protocol(t).Services().Get(0)
	require.EqualValues(t, wire.Service, service.FullName())
	for method, streams := range map[protoreflect.Name]bool{
		wire.IsActive: false, wire.StreamIsActive: true, wire.GetMetricSpec: false, wire.GetMetrics: false, wire.StreamMetricSpec: true,
	} {
		m := service.Methods().ByName(method)
		require.NotNil(t, m, method)
		require.Equal(t, streams, m.IsStreamingServer(), method)
	}
	require.Equal(t, 5, service.Methods().Len())
}

// A program that links KEDA's stubs registers them under these names.
func TestNothingIsRegisteredUnderKEDAsNames(t *testing.T) {
	_, err := protoregistry.GlobalFiles.FindDescriptorByName("externalscaler.ScaledObjectRef")
	require.ErrorIs(t, err, protoregistry.NotFound)
	_, err = protoregistry.GlobalTypes.FindMessageByName("externalscaler.ScaledObjectRef")
	require.ErrorIs(t, err, protoregistry.NotFound)
}

// What nobody knows is skipped, as Protocol Buffers have it: fields with other
// numbers, and those with another type than is known.
func TestUnknownFieldsAreSkipped(t *testing.T) {
	data := protowire.AppendFixed32(protowire.AppendTag(nil, 9, protowire.Fixed32Type), 1)
	data = protowire.AppendString(protowire.AppendTag(data, 1, protowire.BytesType), "true")
	data = protowire.AppendVarint(protowire.AppendTag(data, 1, protowire.VarintType), 1)
	var a wire.Activity
	require.NoError(t, a.Parse(data))
	require.True(t, a.Active)
	require.NoError(t, a.Parse(data[:11]))
	require.False(t, a.Active)
}

func FuzzParse(f *testing.F) {
	o := wire.Object{Name: "orders", Namespace: "shop", Metadata: map[string]string{"queue": "a"}}
	f.Add([]byte(o.Encode()))
	f.Add((&wire.Measures{{Name: "lag", Int: 7, Float: 7.5}}).Append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, m := range []rpc.Message{new(wire.Activity), new(wire.Measures), new(wire.Request)} {
			if m.Parse(data) != nil {
				continue
			}
			again, err := rpc.Codec{}.Marshal(m)
			require.NoError(t, err)
			require.NoError(t, m.Parse(again))
			require.Equal(t, again, m.Append(nil))
		}
		if o, err := wire.Ref(data).Decode(); err == nil {
			again, err := o.Encode().Decode()
			require.NoError(t, err)
			require.Equal(t, o, again)
		}
	})
}

func TestOnlyMessagesAreEncoded(t *testing.T) {
	_, err := rpc.Codec{}.Marshal("x")
	require.EqualError(t, err, "a string is no message to send")
	require.EqualError(t, rpc.Codec{}.Unmarshal(nil, new(int)), "a *int is no message to receive")
	require.Error(t, new(wire.Activity).Parse([]byte{8}))
	require.Error(t, new(wire.Measures).Parse([]byte{10, 1, 8}))
	_, err = wire.Ref("\x1a\x01\x08").Decode()
	require.Error(t, err)
}
