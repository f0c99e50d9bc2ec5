// Package rpc calls methods of gRPC services with messages that are written by
// hand. Generated ones enter themselves into the one registry of the process under
// their makers' names: a program that links those of their makers as well would
// panic.
package rpc

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// An Encoder is a message that can be sent.
type Encoder interface {
	// Append appends the encoded message.
	Append([]byte) []byte
}

// Encoded is a message that is encoded already.
type Encoded []byte

// Append implements Encoder.
func (e Encoded) Append(b []byte) []byte { return append(b, e...) }

// A Decoder is a message that can be received.
type Decoder interface {
	// Parse replaces the message by the encoded one. It keeps no part of that.
	Parse([]byte) error
}

// A Message can be sent and received.
type Message interface {
	Encoder
	Decoder
}

// A Codec encodes and decodes messages for gRPC.
type Codec struct{}

// Name is part of the content type: the encoding is that of Protocol Buffers.
func (Codec) Name() string { return "proto" }

// Marshal implements encoding.Codec.
func (Codec) Marshal(v any) ([]byte, error) {
	m, ok := v.(Encoder)
	if !ok {
		return nil, fmt.Errorf("a %T is no message to send", v)
	}
	return m.Append(nil), nil
}

// Unmarshal implements encoding.Codec.
func (Codec) Unmarshal(data []byte, v any) error {
	m, ok := v.(Decoder)
	if !ok {
		return fmt.Errorf("a %T is no message to receive", v)
	}
	return m.Parse(data)
}

// A Field of a message. What its value is depends on its type.
type Field struct {
	Tag   uint64
	Bits  uint64
	Bytes []byte
}

// The types of fields. A Tag is the number of the field and, in the three lowest
// bits, one of these: 2<<3 | Bytes. A field with another type than it should have is
// one that nobody knows.
const (
	Varint = uint64(protowire.VarintType)
	Double = uint64(protowire.Fixed64Type)
	Bytes  = uint64(protowire.BytesType)
)

// Float returns the value of a double.
func (f Field) Float() float64 { return math.Float64frombits(f.Bits) }

// Parse calls f for each field of a message until it returns an error.
func Parse(data []byte, f func(Field) error) error {
	for len(data) > 0 {
		number, typ, n := protowire.ConsumeTag(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		one := Field{Tag: protowire.EncodeTag(number, typ)}
		switch typ {
		case protowire.VarintType:
			one.Bits, n = protowire.ConsumeVarint(data)
		case protowire.Fixed64Type:
			one.Bits, n = protowire.ConsumeFixed64(data)
		case protowire.BytesType:
			one.Bytes, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(number, typ, data)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

// AppendBytes appends a field, whatever its value.
func AppendBytes[S ~string | ~[]byte](b []byte, number protowire.Number, s S) []byte {
	b = protowire.AppendTag(b, number, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(s)))
	return append(b, s...)
}

// AppendString appends a field, unless it is empty.
func AppendString(b []byte, number protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return AppendBytes(b, number, s)
}

// AppendVarint appends a field, unless it is 0.
func AppendVarint(b []byte, number protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v)
}

// AppendDouble appends a field, unless it is 0.
func AppendDouble(b []byte, number protowire.Number, v float64) []byte {
	if math.Float64bits(v) == 0 {
		return b
	}
	return protowire.AppendFixed64(protowire.AppendTag(b, number, protowire.Fixed64Type), math.Float64bits(v))
}
