package azureeventhubs_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

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

// encode uses that go-amqp encodes any value as the body of a message.
func encode(v any) raw {
	switch v := v.(type) {
	case nil:
		return raw{0x40}
	case raw:
		return v
	}
	text, err := (&amqp.Message{Value: v}).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return text[3:]
}

// decode is the reverse. Symbols become strings.
func decode(b raw) any {
	var m amqp.Message
	if err := m.UnmarshalBinary(append([]byte{0, 0x53, amqpValue}, b...)); err != nil {
		panic(err)
	}
	return m.Value
}

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

// split returns the fields of a described list.
func split(b raw) (code byte, fields []raw) {
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
		fields, b = append(fields, b[:length]), b[length:]
	}
	return code, fields
}

// A peer is the service's end of one connection.
type peer struct {
	net.Conn
	in     *bufio.Reader
	mu     sync.Mutex // guards what follows
	links  map[linkID]*peerLink
	sent   map[uint16]uint32 // deliveries in each session
	attach func(address string) error
	// answer returns the answer to a request, nil if there is to be none.
	answer func(address string, request *amqp.Message) *amqp.Message
}

type linkID struct {
	channel uint16
	handle  uint32
}

type peerLink struct {
	linkID
	address string
	replyTo string // if the client receives on it
	credit  uint32
	sent    uint32
	queue   []*amqp.Message
}

// serve speaks AMQP until the connection ends.
func (p *peer) serve() error {
	p.in = bufio.NewReader(p)
	p.links, p.sent = make(map[linkID]*peerLink), make(map[uint16]uint32)
	for {
		header := make([]byte, 8)
		if _, err := io.ReadFull(p.in, header); err != nil {
			return err
		}
		if _, err := p.Write(header); err != nil {
			return err
		}
		if header[4] == 0 {
			break
		}
		p.send(1, 0, described(mechanisms, symbol("ANONYMOUS")), nil)
		if _, _, err := p.receive(); err != nil {
			return err
		}
		p.send(1, 0, described(outcome, uint8(0)), nil)
	}
	for {
		channel, body, err := p.receive()
		if err != nil {
			return err
		}
		if len(body) == 0 {
			continue // it only says that the client lives
		}
		length := size(body)
		code, fields := split(body[:length])
		if p.handle(channel, code, fields, body[length:]); code == closing {
			return nil
		}
	}
}

func (p *peer) receive() (channel uint16, body raw, err error) {
	header := make([]byte, 8)
	if _, err := io.ReadFull(p.in, header); err != nil {
		return 0, nil, err
	}
	body = make(raw, binary.BigEndian.Uint32(header)-8)
	_, err = io.ReadFull(p.in, body)
	return binary.BigEndian.Uint16(header[6:]), body, err
}

// send leaves it to receive to find out that the connection is lost.
func (p *peer) send(kind byte, channel uint16, performative raw, payload []byte) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(8+len(performative)+len(payload)))
	frame = append(frame, 2, kind)
	frame = binary.BigEndian.AppendUint16(frame, channel)
	_, _ = p.Write(append(append(frame, performative...), payload...))
}

func (p *peer) handle(channel uint16, code byte, fields []raw, payload []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const window = uint32(1 << 30)
	reply := func(performative raw) { p.send(0, channel, performative, nil) }
	switch code {
	case open:
		reply(described(open, "fake", nil, uint32(1<<20), uint16(65535)))
	case begin:
		reply(described(begin, channel, uint32(0), window, window))
	case attach:
		p.attached(channel, fields)
	case flow:
		if len(fields) > 6 && fields[4][0] != 0x40 {
			if l := p.links[linkID{channel, decode(fields[4]).(uint32)}]; l != nil {
				l.credit = decode(fields[5]).(uint32) + decode(fields[6]).(uint32) - l.sent
				p.flush(l)
			}
		}
	case transfer:
		l := p.links[linkID{channel, decode(fields[0]).(uint32)}]
		if l == nil {
			return // it was detached
		}
		id := decode(fields[1]).(uint32)
		reply(described(disposition, true, id, id, true, described(accepted)))
		var request amqp.Message
		if err := request.UnmarshalBinary(payload); err != nil {
			panic(err)
		}
		p.request(l, &request)
	case detach:
		handle := decode(fields[0]).(uint32)
		delete(p.links, linkID{channel, handle})
		reply(described(detach, handle, true))
	case end:
		reply(described(end))
	case closing:
		reply(described(closing))
	}
}

// attached answers the client's wish for a link by its own words.
func (p *peer) attached(channel uint16, fields []raw) {
	name, handle, receives, source, target := fields[0], fields[1], decode(fields[2]).(bool), fields[5], fields[6]
	l := &peerLink{linkID: linkID{channel, decode(handle).(uint32)}}
	address := func(terminus raw) string {
		_, parts := split(terminus)
		return decode(parts[0]).(string)
	}
	var sent any
	if l.address = address(target); receives {
		l.address, l.replyTo, sent = address(source), address(target), uint32(0)
	}
	refused := p.attach(l.address)
	if refused != nil {
		source, target = encode(nil), encode(nil)
	}
	p.send(0, channel, described(attach, name, handle, !receives, fields[3], fields[4], source, target, nil, nil, sent, uint64(1<<20)), nil)
	switch {
	case refused != nil:
		p.send(0, channel, described(detach, handle, true, refusedWith(refused)), nil)
		return
	case !receives:
		p.send(0, channel, described(flow, uint32(0), uint32(1<<30), uint32(0), uint32(1<<30), handle, uint32(0), uint32(1<<20)), nil)
	}
	p.links[l.linkID] = l
}

func refusedWith(err error) raw {
	e := err.(*amqp.Error) //nolint:errorlint // it is made so
	return described(failure, symbol(string(e.Condition)), e.Description)
}

// request answers on the link that the request says.
func (p *peer) request(on *peerLink, request *amqp.Message) {
	answer := p.answer(on.address, request)
	if answer == nil {
		return
	}
	answer.Properties = &amqp.MessageProperties{CorrelationID: request.Properties.MessageID}
	for _, l := range p.links {
		if l.channel == on.channel && l.replyTo == *request.Properties.ReplyTo {
			l.queue = append(l.queue, answer)
			p.flush(l)
			return
		}
	}
	panic(fmt.Sprintf("nobody receives at %s", *request.Properties.ReplyTo))
}

// flush sends as many answers as the client has room for.
func (p *peer) flush(l *peerLink) {
	for ; len(l.queue) > 0 && l.credit > 0; l.queue = l.queue[1:] {
		payload, err := l.queue[0].MarshalBinary()
		if err != nil {
			panic(err)
		}
		id := p.sent[l.channel]
		p.sent[l.channel]++
		l.sent++
		l.credit--
		p.send(0, l.channel, described(transfer, l.handle, id, []byte{1}, uint32(0), true), payload)
	}
}

// detachAll ends links, as the service does with idle ones: all, or those on
// which the client sends.
func (p *peer) detachAll(err error, onlySending bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, l := range p.links {
		if l.replyTo == "" || !onlySending {
			p.send(0, l.channel, described(detach, l.handle, true, refusedWith(err)), nil)
			delete(p.links, id)
		}
	}
}
