package queue

import (
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/Azure/go-amqp"

	"github.com/scalerkit/scalerkit/internal/azure/amqptest"
)

// A serviceBus has a queue of every name. It lets everyone in.
type serviceBus struct {
	listener net.Listener

	mu      sync.Mutex
	waiting map[string][][]byte // by queue
	locked  map[string]held     // by delivery tag
	takers  map[*amqptest.Link]bool
	peers   []*amqptest.Peer
	tags    int
}

type held struct {
	link  *amqptest.Link
	queue string
	body  []byte
}

func startServiceBus(t *testing.T) *serviceBus {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &serviceBus{
		listener: l,
		waiting:  map[string][][]byte{},
		locked:   map[string]held{},
		takers:   map[*amqptest.Link]bool{},
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p := amqptest.NewPeer(conn, b)
			b.mu.Lock()
			b.peers = append(b.peers, p)
			b.mu.Unlock()
			serving.Go(func() {
				_ = p.Serve() // the client's end says more
				_ = p.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		b.mu.Lock()
		for _, p := range b.peers {
			_ = p.Close()
		}
		b.mu.Unlock()
		serving.Wait()
	})
	return b
}

func (b *serviceBus) connection() string {
	return "Endpoint=sb://" + b.listener.Addr().String() + "/;SharedAccessKeyName=me;SharedAccessKey=a2V5;UseDevelopmentEmulator=true"
}

// Attach implements amqptest.Service.
func (b *serviceBus) Attach(l *amqptest.Link) error {
	if l.Receives && l.Address != "$cbs" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.takers[l] = true
	}
	return nil
}

// Receive implements amqptest.Service.
func (b *serviceBus) Receive(l *amqptest.Link, m *amqptest.Message) {
	if l.Address == "$cbs" {
		l.Reply(m, &amqptest.Message{ApplicationProperties: map[string]any{"status-code": int32(202), "status-description": "Accepted"}})
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[l.Address] = append(b.waiting[l.Address], m.GetData())
	b.deliver()
}

// Ready implements amqptest.Queue.
func (b *serviceBus) Ready(*amqptest.Link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deliver()
}

// Settle implements amqptest.Queue.
func (b *serviceBus) Settle(_ *amqptest.Link, tag string, done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.locked[tag]
	delete(b.locked, tag)
	if !done {
		b.waiting[h.queue] = append(b.waiting[h.queue], h.body)
	}
	b.deliver()
}

// Detach implements amqptest.Queue. The service waits for the lock to end.
func (b *serviceBus) Detach(l *amqptest.Link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.takers, l)
	for tag, h := range b.locked {
		if h.link == l {
			delete(b.locked, tag)
			b.waiting[h.queue] = append(b.waiting[h.queue], h.body)
		}
	}
	b.deliver()
}

// deliver gives what waits to whoever has room. The caller holds mu.
func (b *serviceBus) deliver() {
	for l := range b.takers {
		for len(b.waiting[l.Address]) > 0 {
			body := b.waiting[l.Address][0]
			b.tags++
			tag := strconv.Itoa(b.tags)
			tag = string(make([]byte, 16-len(tag))) + tag // as long as a UUID
			if !l.Deliver(&amqptest.Message{Data: [][]byte{body}, Header: &amqp.MessageHeader{}}, tag) {
				break
			}
			b.waiting[l.Address] = b.waiting[l.Address][1:]
			b.locked[tag] = held{l, l.Address, body}
		}
	}
}
