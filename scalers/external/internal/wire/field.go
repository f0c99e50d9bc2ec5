package wire

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// What fields begin with: their number and, in the three lowest bits, the type
// of what follows. A field of another type is one that nobody knows.
const (
	varint1 = 1<<3 | uint64(protowire.VarintType)
	varint2 = 2<<3 | uint64(protowire.VarintType)
	double3 = 3<<3 | uint64(protowire.Fixed64Type)
	bytes1  = 1<<3 | uint64(protowire.BytesType)
	bytes2  = 2<<3 | uint64(protowire.BytesType)
	bytes3  = 3<<3 | uint64(protowire.BytesType)
)

// A field of a message. What its value is depends on its type.
type field struct {
	tag   uint64
	bits  uint64
	bytes []byte
}

func (f field) float() float64 { return math.Float64frombits(f.bits) }

// parse calls f for each field of a message until it returns an error.
func parse(data []byte, f func(field) error) error {
	for len(data) > 0 {
		number, typ, n := protowire.ConsumeTag(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		one := field{tag: protowire.EncodeTag(number, typ)}
		switch typ {
		case protowire.VarintType:
			one.bits, n = protowire.ConsumeVarint(data)
		case protowire.Fixed64Type:
			one.bits, n = protowire.ConsumeFixed64(data)
		case protowire.BytesType:
			one.bytes, n = protowire.ConsumeBytes(data)
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

// The functions below append a field, unless it has the value that it has by
// default, but for appendBytes.

func appendBytes[S ~string | ~[]byte](b []byte, number protowire.Number, s S) []byte {
	b = protowire.AppendTag(b, number, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendString(b []byte, number protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return appendBytes(b, number, s)
}

func appendVarint(b []byte, number protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v)
}

func appendDouble(b []byte, number protowire.Number, v float64) []byte {
	if math.Float64bits(v) == 0 {
		return b
	}
	return protowire.AppendFixed64(protowire.AppendTag(b, number, protowire.Fixed64Type), math.Float64bits(v))
}
