package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/internal/azure/amqptest"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

const (
	serviceKeyName = "RootManageSharedAccessKey"
	serviceKey     = "a+key/of=the=namespace"
)

// A namespace is one of Azure Service Bus, in this process: its management API,
// which makes, counts and deletes queues, and the queues, which speak AMQP, on
// one port with TLS.
type namespace struct {
	address string

	mu     sync.Mutex
	queues map[string]*serviceQueue
	made   []queueProperties
	tags   int
}

// queueProperties are those that a queue was made with.
type queueProperties struct {
	AutoDeleteOnIdle string `xml:"content>QueueDescription>AutoDeleteOnIdle"`
	MaxDeliveryCount int    `xml:"content>QueueDescription>MaxDeliveryCount"`
}

type serviceQueue struct {
	queueProperties
	messages  []*serviceMessage
	receivers []*amqptest.Link
	dead      int // messages that were given back too often
}

type serviceMessage struct {
	*amqptest.Message
	tag        string // of the lock; empty: it is not locked
	deliveries int
}

// newNamespace starts a namespace that ends with the test, in which all queues
// have to be deleted by then.
func newNamespace(t *testing.T) *namespace {
	azuretest.NeedTrust(t)
	n := &namespace{queues: make(map[string]*serviceQueue)}
	certified := httptest.NewTLSServer(http.NotFoundHandler())
	config := &tls.Config{Certificates: certified.TLS.Certificates}
	certified.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.address = l.Addr().String()
	d := &doorman{Listener: l, http: make(chan net.Conn), tls: config}
	d.amqp = func(c net.Conn) { _ = amqptest.NewPeer(c, &door{namespace: n}).Serve() }
	management := &http.Server{Handler: n, ErrorLog: log.New(io.Discard, "", 0)}
	d.serving.Go(d.run)
	d.serving.Go(func() { _ = management.Serve(d) })
	t.Cleanup(func() {
		_ = management.Close()
		d.close()
		for name := range n.queues {
			t.Errorf("queue %s was not deleted", name)
		}
	})
	return n
}

// connection is as for Microsoft's emulator, so that queues are spoken to
// without TLS: the SDK takes the port for a part of the name in a certificate.
func (n *namespace) connection() string {
	return "Endpoint=sb://" + n.address + ";SharedAccessKeyName=" + serviceKeyName + ";SharedAccessKey=" + serviceKey + ";UseDevelopmentEmulator=true"
}

// A doorman looks at the first byte of a connection and brings it to AMQP, or to
// HTTP with TLS or without.
type doorman struct {
	net.Listener
	amqp func(net.Conn)
	http chan net.Conn
	tls  *tls.Config

	mu      sync.Mutex
	conns   []net.Conn
	serving sync.WaitGroup
}

// Accept returns those that speak HTTP.
func (d *doorman) Accept() (net.Conn, error) {
	if c, ok := <-d.http; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (d *doorman) run() {
	var showing sync.WaitGroup
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			showing.Wait()
			close(d.http)
			return
		}
		d.mu.Lock()
		d.conns = append(d.conns, c)
		d.mu.Unlock()
		showing.Go(func() { d.show(&readConn{c, bufio.NewReader(c)}) })
	}
}

func (d *doorman) show(c *readConn) {
	const handshake = 0x16 // of TLS
	switch first, err := c.in.Peek(1); {
	case err != nil:
		_ = c.Close()
	case first[0] == 'A':
		d.amqp(c)
	case first[0] == handshake:
		d.http <- tls.Server(c, d.tls)
	default:
		d.http <- c
	}
}

func (d *doorman) close() {
	_ = d.Listener.Close()
	d.mu.Lock()
	for _, c := range d.conns {
		_ = c.Close() // most are closed already
	}
	d.mu.Unlock()
	d.serving.Wait()
}

// A readConn is a connection of which a part was read already.
type readConn struct {
	net.Conn
	in *bufio.Reader
}

func (c *readConn) Read(p []byte) (int, error) { return c.in.Read(p) }

// accepts checks the signature of a token.
func (n *namespace) accepts(token string) bool {
	fields := make(map[string]string)
	for field := range strings.SplitSeq(strings.TrimPrefix(token, "SharedAccessSignature "), "&") {
		name, value, _ := strings.Cut(field, "=")
		fields[name] = value
	}
	mac := hmac.New(sha256.New, []byte(serviceKey))
	mac.Write([]byte(fields["sr"] + "\n" + fields["se"]))
	expiry, _ := strconv.ParseInt(fields["se"], 10, 64)
	return fields["skn"] == serviceKeyName && time.Now().Unix() < expiry &&
		fields["sig"] == url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// ServeHTTP implements http.Handler: it is the management API.
func (n *namespace) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := strings.Trim(r.URL.Path, "/")
	q := n.queues[name]
	w.Header().Set("Content-Type", "application/atom+xml;type=entry;charset=utf-8")
	refuse := func(status int) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%d</Code><Detail>no</Detail></Error>", status)
	}
	switch {
	case !n.accepts(r.Header.Get("Authorization")):
		refuse(http.StatusUnauthorized)
	case r.Method == http.MethodPut && q != nil:
		refuse(http.StatusConflict)
	case r.Method == http.MethodPut:
		q = new(serviceQueue)
		if err := xml.NewDecoder(r.Body).Decode(&q.queueProperties); err != nil {
			refuse(http.StatusBadRequest)
			return
		}
		n.queues[name], n.made = q, append(n.made, q.queueProperties)
		w.WriteHeader(http.StatusCreated)
		q.describe(w, name)
	case q == nil:
		refuse(http.StatusNotFound)
	case r.Method == http.MethodDelete:
		delete(n.queues, name)
	default:
		q.describe(w, name)
	}
}

func (q *serviceQueue) describe(w io.Writer, name string) {
	fmt.Fprintf(w, `<entry xmlns="http://www.w3.org/2005/Atom"><title type="text">%s</title><content type="application/xml">`+
		`<QueueDescription xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect">`+
		`<MaxDeliveryCount>%d</MaxDeliveryCount><AutoDeleteOnIdle>%s</AutoDeleteOnIdle><MessageCount>%d</MessageCount>`+
		`<CountDetails xmlns:d="http://schemas.microsoft.com/netservices/2011/06/servicebus"><d:ActiveMessageCount>%d</d:ActiveMessageCount>`+
		`<d:DeadLetterMessageCount>%d</d:DeadLetterMessageCount><d:ScheduledMessageCount>0</d:ScheduledMessageCount>`+
		`<d:TransferMessageCount>0</d:TransferMessageCount><d:TransferDeadLetterMessageCount>0</d:TransferDeadLetterMessageCount></CountDetails>`+
		`</QueueDescription></content></entry>`,
		name, q.MaxDeliveryCount, q.AutoDeleteOnIdle, len(q.messages)+q.dead, len(q.messages), q.dead)
}

// A door is where one AMQP connection comes in. It implements amqptest.Queue.
type door struct {
	*namespace
	admitted bool
}

func (d *door) Attach(l *amqptest.Link) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	name, manages := strings.CutSuffix(l.Address, "/$management")
	q := d.queues[name]
	switch {
	case l.Address == "$cbs":
	case !d.admitted:
		return amqptest.Refusal("amqp:unauthorized-access", "Unauthorized access. 'Listen' claim(s) are required.")
	case q == nil:
		return amqptest.Refusal("amqp:not-found", "The messaging entity '"+name+"' could not be found.")
	case l.Receives && !manages:
		q.receivers = append(q.receivers, l)
	}
	return nil
}

func (d *door) Receive(l *amqptest.Link, m *amqptest.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	answer := func(status int32, description string) {
		l.Reply(m, &amqptest.Message{ApplicationProperties: map[string]any{"status-code": status, "status-description": description}})
	}
	operation := m.ApplicationProperties["operation"]
	switch q := d.queues[l.Address]; {
	case q != nil:
		q.messages = append(q.messages, &serviceMessage{Message: m})
		d.deliver(q)
	case operation == "put-token" && d.accepts(m.Value.(string)):
		d.admitted = true
		answer(202, "Accepted")
	case operation == "put-token":
		answer(401, "InvalidSignature: The token has an invalid signature.")
	case operation == "com.microsoft:peek-message": // what is in the queue is not asked
		answer(204, "No content")
	default:
		answer(501, "not implemented")
	}
}

func (d *door) Ready(l *amqptest.Link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if q := d.queues[l.Address]; q != nil {
		d.deliver(q)
	}
}

func (d *door) Settle(l *amqptest.Link, tag string, done bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := d.queues[l.Address]
	if q == nil {
		return
	}
	i := slices.IndexFunc(q.messages, func(m *serviceMessage) bool { return m.tag == tag })
	m := q.messages[i]
	m.tag = ""
	if tooOften := m.deliveries == q.MaxDeliveryCount; done || tooOften {
		q.messages = slices.Delete(q.messages, i, i+1)
		if !done {
			q.dead++
		}
	}
	d.deliver(q)
}

// Detach leaves messages locked that the receiver has not settled, as the
// service does, for a minute.
func (d *door) Detach(l *amqptest.Link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if q := d.queues[l.Address]; q != nil {
		q.receivers = slices.DeleteFunc(q.receivers, func(other *amqptest.Link) bool { return other == l })
	}
}

// deliver hands messages to receivers that have room for them, and locks them.
func (n *namespace) deliver(q *serviceQueue) {
	for _, m := range q.messages {
		if m.tag != "" {
			continue
		}
		n.tags++
		tag := fmt.Sprintf("%016d", n.tags)
		if !slices.ContainsFunc(q.receivers, func(l *amqptest.Link) bool { return l.Deliver(m.Message, tag) }) {
			return
		}
		m.tag = tag
		m.deliveries++
	}
}
