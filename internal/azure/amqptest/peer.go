// Package amqptest is a service's end of AMQP 1.0, as much of it as Azure's SDK
// uses: for fakes of Azure's services.
package amqptest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/Azure/go-amqp"
)

// Message is go-amqp's.
type Message = amqp.Message

// Refusal returns the error for a link that is not to be.
func Refusal(condition, description string) error {
	return &amqp.Error{Condition: amqp.ErrCond(condition), Description: description}
}

// A Service is what links lead to. Its methods are called by the goroutine that
// serves the connection.
type Service interface {
	// Attach is told of a link that the client wants, and refuses it by what
	// Refusal returns.
	Attach(*Link) error

	// Receive is given a message that came over a link.
	Receive(*Link, *Message)
}

// A Queue is a Service that delivers messages on its own account, to be settled
// by the client.
type Queue interface {
	Service

	// Ready is told that the client has room for more on a link.
	Ready(*Link)

	// Settle is told whether the client is done with a message that was
	// delivered with tag, or gives it back.
	Settle(l *Link, tag string, done bool)

	// Detach is told that a link has ended.
	Detach(*Link)
}

// A Peer is the service's end of one connection.
type Peer struct {
	conn    net.Conn
	service Service
	in      *bufio.Reader

	mu       sync.Mutex // guards writing and what follows
	links    map[linkID]*Link
	sessions map[uint16]*session
}

type session struct {
	sent      uint32              // deliveries
	unsettled map[uint32]delivery // by their ids
}

type delivery struct {
	link *Link
	tag  string
}

type linkID struct {
	channel uint16
	handle  uint32
}

// A Link is one way, from the client or to it.
type Link struct {
	Address  string // at the service
	Receives bool   // the client does

	replyTo string // the client's address, if it receives on it
	peer    *Peer
	id      linkID
	first   fields // of the first frame of a message that comes in several
	partial []byte // what has come of it
	credit  uint32
	sent    uint32
	replies []*Message
}

// NewPeer returns a Peer for a connection that a client opened.
func NewPeer(conn net.Conn, service Service) *Peer {
	return &Peer{
		conn:     conn,
		service:  service,
		in:       bufio.NewReader(conn),
		links:    make(map[linkID]*Link),
		sessions: make(map[uint16]*session),
	}
}

// Close cuts the connection.
func (p *Peer) Close() error { return p.conn.Close() }

// Serve speaks AMQP until the connection ends.
func (p *Peer) Serve() error {
	if err := p.greet(); err != nil {
		return err
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.forget(func(linkID) bool { return true })
	}()
	for {
		channel, body, err := p.receive()
		if err != nil {
			return err
		}
		if len(body) == 0 {
			continue // it only says that the client lives
		}
		length := size(body)
		code, list := split(body[:length])
		if p.handle(channel, code, list, body[length:]); code == closing {
			return nil
		}
	}
}

// greet agrees on the protocol, and lets the client in: what it may do is for
// tokens to say.
func (p *Peer) greet() error {
	for {
		header := make([]byte, 8)
		if _, err := io.ReadFull(p.in, header); err != nil {
			return err
		}
		if _, err := p.conn.Write(header); err != nil {
			return err
		}
		if header[4] == 0 {
			return nil
		}
		p.send(1, 0, described(mechanisms, symbol("ANONYMOUS")), nil)
		if _, _, err := p.receive(); err != nil {
			return err
		}
		p.send(1, 0, described(outcome, uint8(0)), nil)
	}
}

func (p *Peer) receive() (channel uint16, body raw, err error) {
	header := make([]byte, 8)
	if _, err := io.ReadFull(p.in, header); err != nil {
		return 0, nil, err
	}
	body = make(raw, binary.BigEndian.Uint32(header)-8)
	_, err = io.ReadFull(p.in, body)
	return binary.BigEndian.Uint16(header[6:]), body, err
}

// send leaves it to receive to find out that the connection is lost.
func (p *Peer) send(kind byte, channel uint16, performative raw, payload []byte) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(8+len(performative)+len(payload)))
	frame = append(frame, 2, kind)
	frame = binary.BigEndian.AppendUint16(frame, channel)
	_, _ = p.conn.Write(append(append(frame, performative...), payload...))
}

const (
	window  = uint32(1 << 30)
	credits = uint32(1 << 20) // for links on which the client sends
	largest = uint32(1 << 20) // frame and message, in bytes
)

func (p *Peer) handle(channel uint16, code byte, list fields, payload []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply := func(performative raw) { p.send(0, channel, performative, nil) }
	switch code {
	case open:
		reply(described(open, "fake", nil, largest, uint16(65535)))
	case begin:
		p.sessions[channel] = &session{unsettled: make(map[uint32]delivery)}
		reply(described(begin, channel, uint32(0), window, window))
	case attach:
		p.attach(channel, list)
	case flow:
		if l := p.links[linkID{channel, get[uint32](list, 4)}]; l != nil && l.Receives {
			l.credit = get[uint32](list, 5) + get[uint32](list, 6) - l.sent
			l.flush()
			p.queue(func(q Queue) { q.Ready(l) })
		}
	case transfer:
		p.transferred(channel, list, payload)
	case disposition:
		p.settled(channel, list)
	case detach:
		link := linkID{channel, get[uint32](list, 0)}
		if p.links[link] == nil {
			return // the client answers a detach of ours: another would end its session
		}
		p.forget(func(id linkID) bool { return id == link })
		reply(described(detach, link.handle, true))
	case end:
		p.forget(func(id linkID) bool { return id.channel == channel })
		delete(p.sessions, channel)
		reply(described(end))
	case closing:
		reply(described(closing))
	}
}

// unlocked calls f, which may lock p.
func (p *Peer) unlocked(f func()) {
	p.mu.Unlock()
	defer p.mu.Lock()
	f()
}

// queue calls f with the service, if that is a Queue.
func (p *Peer) queue(f func(Queue)) {
	if q, ok := p.service.(Queue); ok {
		p.unlocked(func() { f(q) })
	}
}

// attach answers the client's wish for a link by its own words.
func (p *Peer) attach(channel uint16, list fields) {
	name, handle, source, target := list[0], list[1], list[5], list[6]
	address := func(terminus raw) string {
		_, parts := split(terminus)
		return get[string](parts, 0)
	}
	l := &Link{peer: p, id: linkID{channel, get[uint32](list, 1)}, Receives: get[bool](list, 2), Address: address(target)}
	var sent any
	if l.Receives {
		l.Address, l.replyTo, sent = address(source), address(target), uint32(0)
	}
	var refused error
	p.unlocked(func() { refused = p.service.Attach(l) })
	if refused != nil {
		source, target = raw{null}, raw{null}
	}
	p.send(0, channel, described(attach, name, handle, !l.Receives, list[3], list[4], source, target, nil, nil, sent, uint64(largest)), nil)
	switch {
	case refused != nil:
		p.send(0, channel, described(detach, handle, true, refusal(refused)), nil)
		return
	case !l.Receives:
		p.send(0, channel, described(flow, uint32(0), window, uint32(0), window, handle, uint32(0), credits), nil)
	}
	p.links[l.id] = l
}

func refusal(err error) raw {
	e := err.(*amqp.Error) //nolint:errorlint // it is made so
	return described(failure, symbol(string(e.Condition)), e.Description)
}

// transferred accepts a message, if it is whole, or all those of a batch.
func (p *Peer) transferred(channel uint16, list fields, payload []byte) {
	const batch = 0x80013700 // the format of messages whose data are messages
	l := p.links[linkID{channel, get[uint32](list, 0)}]
	if l == nil {
		return // it was detached
	}
	if l.partial == nil {
		l.first = list // which alone says what it is
	}
	l.partial = append(l.partial, payload...)
	if get[bool](list, 5) {
		return // there is more to come
	}
	m := unmarshal(l.partial)
	l.partial = nil
	p.unlocked(func() {
		if get[uint32](l.first, 3) != batch {
			p.service.Receive(l, m)
			return
		}
		for _, text := range m.Data {
			p.service.Receive(l, unmarshal(text))
		}
	})
	id := get[uint32](l.first, 1)
	p.send(0, channel, described(disposition, true, id, id, true, described(accepted)), nil)
}

// settled hears what became of deliveries, and confirms it.
func (p *Peer) settled(channel uint16, list fields) {
	s := p.sessions[channel]
	if s == nil || len(list) < 5 || !get[bool](list, 0) {
		return
	}
	first, last := get[uint32](list, 1), max(get[uint32](list, 1), get[uint32](list, 2))
	if !get[bool](list, 3) {
		p.send(0, channel, described(disposition, false, first, last, true, list[4]), nil)
	}
	code, _ := split(list[4])
	for id := first; id <= last; id++ {
		d, ok := s.unsettled[id]
		if !ok {
			continue
		}
		delete(s.unsettled, id)
		p.queue(func(q Queue) { q.Settle(d.link, d.tag, code == accepted) })
	}
}

// forget drops links.
func (p *Peer) forget(which func(linkID) bool) {
	for id, l := range p.links {
		if which(id) {
			delete(p.links, id)
			p.queue(func(q Queue) { q.Detach(l) })
		}
	}
}

// DetachAll ends links, as the service does with idle ones: all, or those on
// which the client sends.
func (p *Peer) DetachAll(err error, onlySending bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, l := range p.links {
		if !l.Receives || !onlySending {
			p.send(0, id.channel, described(detach, id.handle, true, refusal(err)), nil)
			delete(p.links, id)
		}
	}
}

// Reply answers a request that came over the link, on the link that the request
// says.
func (l *Link) Reply(request, answer *Message) {
	p := l.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	answer.Properties = &amqp.MessageProperties{CorrelationID: request.Properties.MessageID}
	for id, back := range p.links {
		if id.channel == l.id.channel && back.Receives && back.replyTo == *request.Properties.ReplyTo {
			back.replies = append(back.replies, answer)
			back.flush()
			return
		}
	}
	panic(fmt.Sprintf("nobody receives at %s", *request.Properties.ReplyTo))
}

// flush sends as many replies as the client has room for.
func (l *Link) flush() {
	for ; len(l.replies) > 0 && l.credit > 0; l.replies = l.replies[1:] {
		l.deliver(l.replies[0], "r", true)
	}
}

// Deliver sends a message that the client is to settle, if it has room for it.
func (l *Link) Deliver(m *Message, tag string) bool {
	l.peer.mu.Lock()
	defer l.peer.mu.Unlock()
	if l.credit == 0 || l.peer.links[l.id] != l {
		return false
	}
	l.deliver(m, tag, false)
	return true
}

func (l *Link) deliver(m *Message, tag string, settled bool) {
	s := l.peer.sessions[l.id.channel]
	id := s.sent
	s.sent++
	l.sent++
	l.credit--
	if !settled {
		s.unsettled[id] = delivery{l, tag}
	}
	l.peer.send(0, l.id.channel, described(transfer, l.id.handle, id, []byte(tag), uint32(0), settled), marshal(m))
}
