// Package wire has the messages of KEDA's protocol of external scalers, as they
// stand in ../externaltest/externalscaler.proto.
package wire

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/scalerkit/scalerkit/internal/rpc"
)

// Service is the name of the service.
const Service = "externalscaler.ExternalScaler"

// The methods of the service.
const (
	IsActive         = "IsActive"
	StreamIsActive   = "StreamIsActive"
	GetMetricSpec    = "GetMetricSpec"
	GetMetrics       = "GetMetrics"
	StreamMetricSpec = "StreamMetricSpec"
)

// The fields of its messages, see rpc.Field.
const (
	varint1 = 1<<3 | rpc.Varint
	varint2 = 2<<3 | rpc.Varint
	double3 = 3<<3 | rpc.Double
	bytes1  = 1<<3 | rpc.Bytes
	bytes2  = 2<<3 | rpc.Bytes
	bytes3  = 3<<3 | rpc.Bytes
)

// An Object is what a ScaledObjectRef says: whose metrics are asked for, and how
// its trigger describes them.
type Object struct {
	Name, Namespace string
	Metadata        map[string]string
}

// Encode returns the message. Those of equal Objects are equal.
func (o Object) Encode() Ref {
	b := rpc.AppendString(nil, 1, o.Name)
	b = rpc.AppendString(b, 2, o.Namespace)
	for _, key := range slices.Sorted(maps.Keys(o.Metadata)) {
		entry := rpc.AppendBytes(rpc.AppendBytes(nil, 1, key), 2, o.Metadata[key])
		b = rpc.AppendBytes(b, 3, entry)
	}
	return Ref(b)
}

// A Ref is an encoded ScaledObjectRef. It is an rpc.Message and comparable.
type Ref string

// Append implements rpc.Message.
func (r *Ref) Append(b []byte) []byte { return append(b, *r...) }

// Parse implements rpc.Message.
func (r *Ref) Parse(data []byte) error {
	*r = Ref(data)
	return nil
}

// Decode returns what it says.
func (r Ref) Decode() (Object, error) {
	o := Object{Metadata: make(map[string]string)}
	return o, rpc.Parse([]byte(r), func(f rpc.Field) error {
		switch f.Tag {
		case bytes1:
			o.Name = string(f.Bytes)
		case bytes2:
			o.Namespace = string(f.Bytes)
		case bytes3:
			var key, value string
			if err := rpc.Parse(f.Bytes, func(f rpc.Field) error {
				switch f.Tag {
				case bytes1:
					key = string(f.Bytes)
				case bytes2:
					value = string(f.Bytes)
				}
				return nil
			}); err != nil {
				return err
			}
			o.Metadata[key] = value
		}
		return nil
	})
}

// Activity is an IsActiveResponse.
type Activity struct{ Active bool }

// Append implements rpc.Message.
func (a *Activity) Append(b []byte) []byte {
	return rpc.AppendVarint(b, 1, protowire.EncodeBool(a.Active))
}

// Parse implements rpc.Message.
func (a *Activity) Parse(data []byte) error {
	*a = Activity{}
	return rpc.Parse(data, func(f rpc.Field) error {
		if f.Tag == varint1 {
			a.Active = protowire.DecodeBool(f.Bits)
		}
		return nil
	})
}

// A Measure is a MetricSpec, which has a target in Int and Float, or a
// MetricValue, which has a value there. What they look like is the same.
type Measure struct {
	Name  string
	Int   int64 // deprecated: it counts if Float is 0
	Float float64
}

// Number returns the one of the two that counts.
func (m Measure) Number() float64 {
	if m.Float != 0 {
		return m.Float
	}
	return float64(m.Int)
}

// Measures are a GetMetricSpecResponse or a GetMetricsResponse.
type Measures []Measure

// Append implements rpc.Message.
func (m *Measures) Append(b []byte) []byte {
	for _, each := range *m {
		one := rpc.AppendString(nil, 1, each.Name)
		one = rpc.AppendVarint(one, 2, uint64(each.Int))
		b = rpc.AppendBytes(b, 1, rpc.AppendDouble(one, 3, each.Float))
	}
	return b
}

// Parse implements rpc.Message.
func (m *Measures) Parse(data []byte) error {
	*m = nil
	return rpc.Parse(data, func(f rpc.Field) error {
		if f.Tag != bytes1 {
			return nil
		}
		var one Measure
		err := rpc.Parse(f.Bytes, func(f rpc.Field) error {
			switch f.Tag {
			case bytes1:
				one.Name = string(f.Bytes)
			case varint2:
				one.Int = int64(f.Bits)
			case double3:
				one.Float = f.Float()
			}
			return nil
		})
		*m = append(*m, one)
		return err
	})
}

// A Request is a GetMetricsRequest.
type Request struct {
	Ref    Ref
	Metric string
}

// Append implements rpc.Message.
func (r *Request) Append(b []byte) []byte {
	return rpc.AppendString(rpc.AppendBytes(b, 1, r.Ref), 2, r.Metric)
}

// Parse implements rpc.Message.
func (r *Request) Parse(data []byte) error {
	*r = Request{}
	return rpc.Parse(data, func(f rpc.Field) error {
		switch f.Tag {
		case bytes1:
			r.Ref = Ref(f.Bytes)
		case bytes2:
			r.Metric = string(f.Bytes)
		}
		return nil
	})
}
