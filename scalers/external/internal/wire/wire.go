// Package wire has the messages of KEDA's protocol of external scalers, as they
// stand in ../externaltest/externalscaler.proto. They are written by hand, since generated ones
// enter themselves into the one registry of the process under KEDA's names: a
// program that links KEDA's own as well would panic.
package wire

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
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

// A Message can be sent and received.
type Message interface {
	// Append appends the encoded message.
	Append([]byte) []byte

	// Parse replaces the message by the encoded one. It keeps no part of that.
	Parse([]byte) error
}

// A Codec encodes and decodes Messages for gRPC.
type Codec struct{}

// Name is part of the content type: the encoding is that of Protocol Buffers.
func (Codec) Name() string { return "proto" }

// Marshal implements encoding.Codec.
func (Codec) Marshal(v any) ([]byte, error) {
	m, ok := v.(Message)
	if !ok {
		return nil, fmt.Errorf("a %T is no message of an external scaler", v)
	}
	return m.Append(nil), nil
}

// Unmarshal implements encoding.Codec.
func (Codec) Unmarshal(data []byte, v any) error {
	m, ok := v.(Message)
	if !ok {
		return fmt.Errorf("a %T is no message of an external scaler", v)
	}
	return m.Parse(data)
}

// An Object is what a ScaledObjectRef says: whose metrics are asked for, and how
// its trigger describes them.
type Object struct {
	Name, Namespace string
	Metadata        map[string]string
}

// Encode returns the message. Those of equal Objects are equal.
func (o Object) Encode() Ref {
	b := appendString(nil, 1, o.Name)
	b = appendString(b, 2, o.Namespace)
	for _, key := range slices.Sorted(maps.Keys(o.Metadata)) {
		entry := appendBytes(appendBytes(nil, 1, key), 2, o.Metadata[key])
		b = appendBytes(b, 3, entry)
	}
	return Ref(b)
}

// A Ref is an encoded ScaledObjectRef. It is a Message and comparable.
type Ref string

// Append implements Message.
func (r *Ref) Append(b []byte) []byte { return append(b, *r...) }

// Parse implements Message.
func (r *Ref) Parse(data []byte) error {
	*r = Ref(data)
	return nil
}

// Decode returns what it says.
func (r Ref) Decode() (Object, error) {
	o := Object{Metadata: make(map[string]string)}
	return o, parse([]byte(r), func(f field) error {
		switch f.tag {
		case bytes1:
			o.Name = string(f.bytes)
		case bytes2:
			o.Namespace = string(f.bytes)
		case bytes3:
			var key, value string
			if err := parse(f.bytes, func(f field) error {
				switch f.tag {
				case bytes1:
					key = string(f.bytes)
				case bytes2:
					value = string(f.bytes)
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

// Append implements Message.
func (a *Activity) Append(b []byte) []byte {
	return appendVarint(b, 1, protowire.EncodeBool(a.Active))
}

// Parse implements Message.
func (a *Activity) Parse(data []byte) error {
	*a = Activity{}
	return parse(data, func(f field) error {
		if f.tag == varint1 {
			a.Active = protowire.DecodeBool(f.bits)
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

// Append implements Message.
func (m *Measures) Append(b []byte) []byte {
	for _, each := range *m {
		one := appendString(nil, 1, each.Name)
		one = appendVarint(one, 2, uint64(each.Int))
		b = appendBytes(b, 1, appendDouble(one, 3, each.Float))
	}
	return b
}

// Parse implements Message.
func (m *Measures) Parse(data []byte) error {
	*m = nil
	return parse(data, func(f field) error {
		if f.tag != bytes1 {
			return nil
		}
		var one Measure
		err := parse(f.bytes, func(f field) error {
			switch f.tag {
			case bytes1:
				one.Name = string(f.bytes)
			case varint2:
				one.Int = int64(f.bits)
			case double3:
				one.Float = f.float()
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

// Append implements Message.
func (r *Request) Append(b []byte) []byte {
	return appendString(appendBytes(b, 1, r.Ref), 2, r.Metric)
}

// Parse implements Message.
func (r *Request) Parse(data []byte) error {
	*r = Request{}
	return parse(data, func(f field) error {
		switch f.tag {
		case bytes1:
			r.Ref = Ref(f.bytes)
		case bytes2:
			r.Metric = string(f.bytes)
		}
		return nil
	})
}
