package kafka

import (
	"encoding/binary"
	"errors"

	"github.com/segmentio/kafka-go/protocol"
)

// An encoder writes a request in the compact encoding of newer versions, in
// which lengths are varints and every structure ends with tagged fields.
type encoder struct{ buf []byte }

func newEncoder(key protocol.ApiKey, version int16, id int32) *encoder {
	b := make([]byte, 4, 512) // for the size
	b = binary.BigEndian.AppendUint16(b, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = binary.BigEndian.AppendUint32(b, uint32(id))
	b = binary.BigEndian.AppendUint16(b, uint16(len(clientID)))
	e := &encoder{append(b, clientID...)}
	e.end()
	return e
}

func (e *encoder) int32(n int32) { e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(n)) }

// array begins an array of n elements.
func (e *encoder) array(n int) { e.buf = binary.AppendUvarint(e.buf, uint64(n)+1) }

// null stands for an array that there is none of.
func (e *encoder) null() { e.buf = append(e.buf, 0) }

func (e *encoder) string(s string) {
	e.array(len(s))
	e.buf = append(e.buf, s...)
}

func (e *encoder) bool(b bool) {
	if b {
		e.buf = append(e.buf, 1)
	} else {
		e.buf = append(e.buf, 0)
	}
}

// end ends a structure, without tagged fields.
func (e *encoder) end() { e.buf = append(e.buf, 0) }

// frame returns the request with its size in front.
func (e *encoder) frame() []byte {
	binary.BigEndian.PutUint32(e.buf, uint32(len(e.buf)-4))
	return e.buf
}

// A decoder reads an answer in the same encoding. After an error it reads
// zeros.
type decoder struct {
	rest []byte
	err  error
}

var errMalformed = errors.New("it ends too early or has a length that cannot be")

func (d *decoder) take(n uint64) []byte {
	if d.err != nil || n > uint64(len(d.rest)) {
		d.err = errMalformed
		return make([]byte, min(n, 8))
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) int16() int16 { return int16(binary.BigEndian.Uint16(d.take(2))) }
func (d *decoder) int32() int32 { return int32(binary.BigEndian.Uint32(d.take(4))) }
func (d *decoder) int64() int64 { return int64(binary.BigEndian.Uint64(d.take(8))) }

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if d.err != nil || size <= 0 {
		d.err = errMalformed
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// array returns the number of elements of an array. An element takes at least
// a byte.
func (d *decoder) array() int {
	n := d.uvarint()
	if n == 0 {
		return 0
	}
	if n-1 > uint64(len(d.rest)) {
		d.err = errMalformed
		return 0
	}
	return int(n - 1)
}

func (d *decoder) string() string { return string(d.take(uint64(d.array()))) }

// end reads the end of a structure, whose tagged fields do not matter.
func (d *decoder) end() {
	for range d.uvarint() {
		if d.err != nil {
			return
		}
		d.uvarint() // tag
		d.take(d.uvarint())
	}
}
