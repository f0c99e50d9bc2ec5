package azureeventhubs_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"maps"
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

	"github.com/Azure/go-amqp"

	"github.com/scalerkit/scalerkit/internal/azure/amqptest"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

const (
	policy = "reader"
	key    = "the-key-of-the-policy"
	wrong  = "a-key-of-another-policy"
)

// A partition of a hub of the fake.
type partition struct {
	begin, last int64
	empty       bool
}

// A fake speaks as much of Event Hubs' protocol as Azure's SDK does to ask for
// the properties of hubs and partitions: it takes tokens and checks them, and
// answers the management node.
type fake struct {
	plain, secure net.Listener
	authority     *azuretest.Authority

	mu       sync.Mutex
	hubs     map[string][]partition
	key      string
	log      []string            // of requests
	shapes   map[string][]string // of each, the names and types of its properties
	conns    map[*amqptest.Peer]struct{}
	accepted int
	// say answers a request in place of the usual; false: leave it unanswered.
	say func(question string) (status int32, description string, answer bool)
	// refusal is what new links are told, if it is set.
	refusal error
	// change is made to the usual answers.
	change func(question string, answer map[string]any)
}

func newFake(tb testing.TB) *fake {
	f := &fake{hubs: make(map[string][]partition), shapes: make(map[string][]string), key: key, conns: make(map[*amqptest.Peer]struct{}), authority: azuretest.NewAuthority(tb)}
	certified := httptest.NewTLSServer(http.NotFoundHandler())
	config := &tls.Config{Certificates: certified.TLS.Certificates}
	certified.Close()
	for _, l := range []*net.Listener{&f.plain, &f.secure} {
		var err error
		if *l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			tb.Fatal(err)
		}
	}
	f.secure = tls.NewListener(f.secure, config)
	var serving sync.WaitGroup
	serving.Go(func() { f.accept(f.plain, &serving) })
	serving.Go(func() { f.accept(f.secure, &serving) })
	tb.Cleanup(func() {
		_ = f.plain.Close()
		_ = f.secure.Close()
		for _, p := range f.peers() {
			_ = p.Close()
		}
		serving.Wait()
	})
	return f
}

func (f *fake) accept(l net.Listener, serving *sync.WaitGroup) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		p := amqptest.NewPeer(conn, &door{fake: f, host: l.Addr().String(), claims: make(map[string]bool)})
		f.mu.Lock()
		f.conns[p] = struct{}{}
		f.accepted++
		f.mu.Unlock()
		serving.Go(func() {
			_ = p.Serve() // the client's end says more
			_ = p.Close()
			f.mu.Lock()
			delete(f.conns, p)
			f.mu.Unlock()
		})
	}
}

// A door is where one connection comes in.
type door struct {
	*fake
	host   string
	claims map[string]bool // audiences
}

// Attach implements amqptest.Service.
func (d *door) Attach(l *amqptest.Link) error { return d.attach(l.Address, d.claims) }

// Receive implements amqptest.Service.
func (d *door) Receive(l *amqptest.Link, request *amqp.Message) {
	if answer := d.answer(l.Address, d.host, d.claims, request); answer != nil {
		l.Reply(request, answer)
	}
}

// peers returns the connections there are.
func (f *fake) peers() []*amqptest.Peer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.conns))
}

func (f *fake) update(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// set makes a hub.
func (f *fake) set(hub string, partitions ...partition) {
	f.update(func() { f.hubs[hub] = partitions })
}

// respond sets what requests are answered, nil for the usual.
func (f *fake) respond(say func(question string) (int32, string, bool)) {
	f.update(func() { f.say = say })
}

// requests returns what was asked since the last call, sorted.
func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	log := f.log
	f.log = nil
	slices.Sort(log)
	return log
}

// connections returns how many there were since the last call.
func (f *fake) connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.accepted
	f.accepted = 0
	return n
}

// host is the address for connections without TLS, which an emulator has.
func (f *fake) host() string { return f.plain.Addr().String() }

func (f *fake) connection(key string) string {
	return "Endpoint=sb://" + f.host() + "/;SharedAccessKeyName=" + policy + ";SharedAccessKey=" + key + ";UseDevelopmentEmulator=true"
}

func (f *fake) attach(address string, claims map[string]bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refusal != nil {
		return f.refusal
	}
	if address != "$cbs" && len(claims) == 0 {
		return &amqp.Error{Condition: amqp.ErrCondUnauthorizedAccess, Description: "Unauthorized access. 'Listen' claim(s) are required."}
	}
	return nil
}

func (f *fake) answer(address, host string, claims map[string]bool, request *amqp.Message) *amqp.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := request.ApplicationProperties
	question := strings.TrimSuffix(fmt.Sprintln(address, p["operation"], p["type"], strings.ReplaceAll(p["name"].(string), host, "HOST"), p["partition"]), " <nil>\n")
	question = strings.TrimSpace(question)
	f.log = append(f.log, question)
	f.shapes[question] = shape(request)
	if f.say != nil {
		status, description, answer := f.say(question)
		if !answer {
			return nil
		}
		if status != 0 {
			return reply(status, description, nil)
		}
	}
	switch p["operation"] {
	case "put-token":
		audience := p["name"].(string)
		if !f.accepts(p["type"].(string), request.Value.(string), audience) {
			return refuse()
		}
		claims[strings.ToLower(audience)] = true
		return reply(202, "Accepted", nil)
	case "READ":
		name := p["name"].(string)
		audience := ""
		for _, scheme := range []string{"amqp", "amqps"} {
			if a := scheme + "://" + host + "/" + name; claims[strings.ToLower(a+"/$management")] {
				audience = a
			}
		}
		token := p["security_token"].(string)
		kind := "jwt"
		if strings.HasPrefix(token, "SharedAccessSignature ") {
			kind = "servicebus.windows.net:sastoken"
		}
		if audience == "" || !f.accepts(kind, token, audience) {
			return refuse()
		}
		fields, ok := f.properties(name, p["type"].(string), p["partition"])
		if !ok {
			return reply(404, "The messaging entity 'sb://"+host+"/"+name+"' could not be found. TrackingId:1\nSystemTracker:2", nil)
		}
		if f.change != nil {
			f.change(question, fields)
		}
		return reply(200, "OK", fields)
	}
	return reply(501, "not implemented", nil)
}

// shape says what a request consists of.
func shape(request *amqp.Message) []string {
	parts := []string{fmt.Sprintf("%T", request.Value)}
	for name, value := range request.ApplicationProperties {
		parts = append(parts, fmt.Sprintf("%s %T", name, value))
	}
	slices.Sort(parts)
	return parts
}

func reply(status int32, description string, value any) *amqp.Message {
	return &amqp.Message{ApplicationProperties: map[string]any{"status-code": status, "status-description": description}, Value: value}
}

func refuse() *amqp.Message {
	return reply(401, "InvalidSignature: The token has an invalid signature.", nil)
}

func (f *fake) properties(hub, kind string, id any) (map[string]any, bool) {
	partitions, ok := f.hubs[hub]
	if !ok {
		return nil, false
	}
	answer := map[string]any{"name": hub, "type": kind}
	if kind == "com.microsoft:eventhub" {
		ids := make([]string, len(partitions))
		for i := range ids {
			ids[i] = strconv.Itoa(i)
		}
		maps.Copy(answer, map[string]any{
			"created_at": time.Unix(1, 0).UTC(), "partition_count": int32(len(ids)), "partition_ids": ids, "georeplication_factor": int32(1),
		})
		return answer, true
	}
	n, err := strconv.Atoi(fmt.Sprint(id))
	if err != nil || n >= len(partitions) {
		return nil, false
	}
	p := partitions[n]
	maps.Copy(answer, map[string]any{
		"partition": id, "begin_sequence_number": p.begin, "last_enqueued_sequence_number": p.last,
		"last_enqueued_offset": strconv.FormatInt(p.last*64, 10), "last_enqueued_time_utc": time.Unix(1, 0).UTC(), "is_partition_empty": p.empty,
	})
	return answer, true
}

// accepts checks a token as the service does.
func (f *fake) accepts(kind, token, audience string) bool {
	if kind == "jwt" {
		return f.authority.Accepts(token)
	}
	fields, err := url.ParseQuery(strings.TrimPrefix(token, "SharedAccessSignature "))
	if err != nil || kind != "servicebus.windows.net:sastoken" {
		return false
	}
	expires, err := strconv.ParseInt(fields.Get("se"), 10, 64)
	_, resource, _ := strings.Cut(fields.Get("sr"), "://")
	_, wanted, _ := strings.Cut(strings.ToLower(audience), "://")
	return err == nil && expires > time.Now().Unix() && fields.Get("skn") == policy &&
		strings.HasPrefix(wanted, resource) &&
		fields.Get("sig") == signature(f.key, strings.ToLower(url.QueryEscape(fields.Get("sr")))+"\n"+fields.Get("se"))
}

func signature(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
