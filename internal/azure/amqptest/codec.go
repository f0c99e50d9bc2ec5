package amqptest

import (
	"encoding/binary"

	"github.com/Azure/go-amqp"
)

// The performatives of AMQP 1.0, and what else has a descriptor in it.
const (
	open        = 0x10
	begin       = 0x11
	attach      = 0x12
	flow        = 0x13
	transfer    = 0x14
	disposition = 0x15
	detach      = 0x16
	end         = 0x17
	closing     = 0x18
	mechanisms  = 0x40
	outcome     = 0x44
	accepted    = 0x24
	failure     = 0x1d
	amqpValue   = 0x77
)

// raw is a value that is encoded already.
type raw []byte

const null = 0x40

// encode uses that go-amqp encodes any value as the body of a message.
func encode(v any) raw {
	switch v := v.(type) {
	case nil:
		return raw{null}
	case raw:
		return v
	}
	return marshal(&amqp.Message{Value: v})[len(raw{0, 0x53, amqpValue}):]
}

func marshal(m *amqp.Message) []byte {
	text, err := m.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return text
}

func unmarshal(text []byte) *amqp.Message {
	m := new(amqp.Message)
	if err := m.UnmarshalBinary(text); err != nil {
		panic(err)
	}
	return m
}

// decode is the reverse of encode. Symbols become strings.
func decode(b raw) any { return unmarshal(append(raw{0, 0x53, amqpValue}, b...)).Value }

func symbol(s string) raw { return append(raw{0xa3, byte(len(s))}, s...) }

// described returns a list with a descriptor.
func described(code byte, fields ...any) raw {
	var items []byte
	for _, f := range fields {
		items = append(items, encode(f)...)
	}
	b := raw{0, 0x53, code, 0xd0}
	b = binary.BigEndian.AppendUint32(b, uint32(len(items)+4))
	b = binary.BigEndian.AppendUint32(b, uint32(len(fields)))
	return append(b, items...)
}

// size returns the length of the value that b begins with, which the first
// half of its format code says.
func size(b raw) int {
	switch b[0] >> 4 {
	case 0:
		descriptor := 1 + size(b[1:])
		return descriptor + size(b[descriptor:])
	case 4:
		return 1
	case 5, 6, 7, 8, 9:
		return 1 + 1<<(b[0]>>4-5)
	case 0xa, 0xc, 0xe:
		return 2 + int(b[1])
	default:
		return 5 + int(binary.BigEndian.Uint32(b[1:]))
	}
}

// fields are those of a described list. The last may be missing.
type fields []raw

// split returns a described list.
func split(b raw) (code byte, list fields) {
	code, b = b[2], b[3:]
	n := 0
	switch b[0] {
	case 0xc0:
		n, b = int(b[2]), b[3:]
	case 0xd0:
		n, b = int(binary.BigEndian.Uint32(b[5:])), b[9:]
	}
	for range n {
		length := size(b)
		list, b = append(list, b[:length]), b[length:]
	}
	return code, list
}

// get returns the field at an index, or the zero value if there is none.
func get[T any](f fields, index int) (value T) {
	if index < len(f) && f[index][0] != null {
		value, _ = decode(f[index]).(T)
	}
	return value
}
