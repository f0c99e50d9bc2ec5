package azureeventhubs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
)

const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 5 * time.Second
	mostRequests  = 16 // at a time, to one namespace
)

// A client is the connection to a namespace, for all its hubs. Its methods may
// be called concurrently.
type client struct {
	wire   *wire
	conn   *amqp.Conn // over the wire
	tokens tokens
	scheme string // of audiences
	slots  slots
	silent atomic.Bool // nobody is at the other end any more
	claims node        // where the service is given tokens

	mu   sync.Mutex
	hubs map[string]*hub
}

// A hub is what the client needs to ask about one.
type hub struct {
	node            // of its own, so that the end of one hub's link is not that of others
	renew time.Time // when the service needs the next token; guarded by the node's lock
}

// A node has the link to an address of the service.
type node struct {
	lock slots // of length 1; guards the link
	link *link // nil if none was opened yet
}

func newNode() node { return node{lock: make(slots, 1)} }

func (n *node) isOpen() bool { return n.link != nil && !n.link.isEnded() }

// attach returns the link, after opening it if need be.
func (n *node) attach(ctx context.Context, conn *amqp.Conn, address string) (*link, error) {
	if n.isOpen() {
		return n.link, nil
	}
	if n.link != nil {
		n.link.close(ctx)
	}
	var err error
	n.link, err = openLink(ctx, conn, address)
	return n.link, err
}

// A wire is a network connection that counts how often something was heard.
type wire struct {
	net.Conn
	heard atomic.Int64
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.heard.Add(1)
	}
	return n, err
}

// open connects to a namespace.
func open(ctx context.Context, n azure.Access, options scalerkit.Options) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	config, err := driver.TLS{}.Config(options)
	if err != nil {
		return nil, err
	}
	port, scheme := "5671", "amqps"
	if n.Emulator {
		config, port, scheme = nil, "5672", "amqp"
	}
	address := n.Host
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, port)
	}
	inner, err := driver.Dial(options.Dial, config, dialTimeout)(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: inner}
	conn, err := amqp.NewConn(ctx, w, &amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous(), HostName: n.Host})
	if err != nil {
		_ = w.Close() // the first error says more
		return nil, err
	}
	return &client{
		wire:   w,
		conn:   conn,
		tokens: newTokens(n, options),
		scheme: scheme,
		slots:  make(slots, mostRequests),
		claims: newNode(),
		hubs:   make(map[string]*hub),
	}, nil
}

// Close ends the connection. How that goes is nobody's concern.
func (c *client) Close() error {
	_ = c.conn.Close()
	return c.tokens.Close()
}

// IsClosed reports whether the connection is lost, or leads to nobody who
// answers.
func (c *client) IsClosed() bool {
	select {
	case <-c.conn.Done():
		return true
	default:
		return c.silent.Load()
	}
}

// state returns what a hub says of its partitions, as of the end of that.
func (c *client) state(ctx context.Context, hub string) (state, error) {
	partitions, err := c.partitions(ctx, hub)
	return state{partitions, time.Now()}, err
}

// partitions returns what a hub says of its partitions.
func (c *client) partitions(ctx context.Context, hub string) ([]partition, error) {
	all, err := c.read(ctx, hub, map[string]any{"type": "com.microsoft:eventhub"})
	if err != nil {
		return nil, err
	}
	ids, _ := all["partition_ids"].([]string)
	if len(ids) == 0 {
		return nil, errors.New("the answer has no partition_ids")
	}
	partitions := make([]partition, len(ids))
	err = sideBySide(ctx, len(ids), func(ctx context.Context, i int) error {
		answer, err := c.read(ctx, hub, map[string]any{"type": "com.microsoft:partition", "partition": ids[i]})
		if err == nil {
			partitions[i], err = newPartition(ids[i], answer)
		}
		return about("partition", ids[i], err)
	})
	return partitions, err
}

func newPartition(id string, answer map[string]any) (partition, error) {
	begin, hasBegin := answer["begin_sequence_number"].(int64)
	last, hasLast := answer["last_enqueued_sequence_number"].(int64)
	empty, hasEmpty := answer["is_partition_empty"].(bool)
	if !hasBegin || !hasLast || !hasEmpty {
		return partition{}, errors.New("half of the answer is missing")
	}
	return partition{id, begin, last, empty}, nil
}

// read asks the management node about a hub or a partition of it.
func (c *client) read(ctx context.Context, name string, question map[string]any) (map[string]any, error) {
	if err := c.slots.take(ctx); err != nil {
		return nil, err
	}
	defer c.slots.give()
	t, err := c.tokens.token(ctx, c.audience(name))
	if err != nil {
		return nil, err
	}
	question["operation"], question["name"], question["security_token"] = "READ", name, t.text
	var answer any
	err = c.exchange(ctx, t, func(ctx context.Context) error {
		l, err := c.link(ctx, name)
		if err == nil {
			answer, err = l.ask(ctx, nil, question)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	fields, ok := answer.(map[string]any)
	if !ok {
		return nil, errors.New("the answer is empty")
	}
	return fields, nil
}

// exchange gives f, which goes by a token, a limited time. If that is over, or the
// caller's is, and nothing was heard meanwhile, nobody is at the other end any
// more.
func (c *client) exchange(ctx context.Context, t token, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	before := c.wire.heard.Load()
	err := explain(f(ctx))
	switch {
	case errors.Is(err, context.DeadlineExceeded) && c.wire.heard.Load() == before:
		c.silent.Store(true)
	case errors.Is(err, scalerkit.ErrDenied):
		c.tokens.entra.Forget(t.text)
	}
	return err
}

// link returns the link that asks about a hub, and sees to it that the service
// knows that we may.
func (c *client) link(ctx context.Context, name string) (*link, error) {
	h := c.hub(name)
	if err := h.lock.take(ctx); err != nil {
		return nil, err
	}
	defer h.lock.give()
	if !h.isOpen() || !time.Now().Before(h.renew) {
		renew, err := c.claim(ctx, c.audience(name)+"/$management")
		if err != nil {
			return nil, err
		}
		h.renew = renew
	}
	return h.attach(ctx, c.conn, "$management")
}

func (c *client) hub(name string) *hub {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hubs[name]
	if h == nil {
		h = &hub{node: newNode()}
		c.hubs[name] = h
	}
	return h
}

func (c *client) audience(hub string) string {
	return fmt.Sprintf("%s://%s/%s", c.scheme, c.tokens.namespace.Host, hub)
}

// claim gives the service a token, and returns when it needs the next.
func (c *client) claim(ctx context.Context, audience string) (renew time.Time, err error) {
	t, err := c.tokens.token(ctx, audience)
	if err != nil {
		return renew, err
	}
	l, err := c.claimsLink(ctx)
	if err != nil {
		return renew, err
	}
	_, err = l.ask(ctx, t.text, map[string]any{
		"operation":  "put-token",
		"type":       t.kind,
		"name":       audience,
		"expiration": t.expiration(),
	})
	return t.renewal(time.Now()), err
}

// claimsLink returns the link to the node that takes tokens. There may be one
// to a connection.
func (c *client) claimsLink(ctx context.Context) (*link, error) {
	if err := c.claims.lock.take(ctx); err != nil {
		return nil, err
	}
	defer c.claims.lock.give()
	return c.claims.attach(ctx, c.conn, "$cbs")
}
