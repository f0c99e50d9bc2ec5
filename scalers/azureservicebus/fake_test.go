package azureservicebus_test

import (
	"bufio"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

const (
	keyName   = "RootManageSharedAccessKey"
	key       = "a+key/of=the=namespace"
	wrong     = "a+key/of=another=one"
	namespace = "127" // so that with a domain of "0.0.1:port" the host name is an address
)

// counts are the messages of a queue or subscription.
type counts struct{ active, scheduled, deadLetter, transfer, transferDeadLetter int }

// A fake speaks as much of the management API, Atom over HTTP, as it takes to
// read queues and subscriptions and their lists.
type fake struct {
	http, https *httptest.Server
	authority   *azuretest.Authority

	mu       sync.Mutex
	key      string
	entities map[string]counts // by the path, in lower case
	bare     map[string]bool   // by the path: answered without counts
	status   map[string]string // by the path; Active if there is none
	texts    map[entryKey]string
	most     int                                                      // entries in an answer
	requests []string                                                 // paths
	answer   func(w http.ResponseWriter, r *http.Request) (done bool) // in place of the usual
}

func newFake(tb testing.TB) *fake {
	f := &fake{key: key, entities: make(map[string]counts), bare: make(map[string]bool), status: make(map[string]string), texts: make(map[entryKey]string), most: 100, authority: azuretest.NewAuthority(tb)}
	f.http, f.https = httptest.NewServer(f), azuretest.NewTLSServer(tb, f)
	tb.Cleanup(f.http.Close)
	return f
}

// set makes a queue, or a subscription by the name topic/subscriptions/name.
func (f *fake) set(path string, c counts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entities[path] = c
}

// change changes what the fake does.
func (f *fake) change(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// say sets what all requests are answered, nil for the usual.
func (f *fake) say(answer func(w http.ResponseWriter, r *http.Request) (done bool)) {
	f.change(func() { f.answer = answer })
}

// asked returns the paths of the requests since the last call.
func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	paths := f.requests
	f.requests = nil
	slices.Sort(paths)
	return paths
}

// suffix is for host names that begin with the namespace.
func (f *fake) suffix() string {
	return strings.TrimPrefix(f.https.URL, "https://"+namespace+".")
}

// emulator is a connection string that leads to the fake without TLS.
func (f *fake) emulator(key string) string {
	return "Endpoint=sb://" + f.http.Listener.Addr().String() + ";SharedAccessKeyName=" + keyName + ";SharedAccessKey=" + key + ";UseDevelopmentEmulator=true;"
}

// connection is one with TLS, and with a credential.
func (f *fake) connection(credential string) string {
	return "Endpoint=sb://" + f.https.Listener.Addr().String() + "/;" + credential
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.Trim(r.URL.Path, "/")
	f.requests = append(f.requests, path)
	path = strings.ToLower(path)
	w.Header().Set("Content-Type", "application/atom+xml;type=entry;charset=utf-8")
	c, exists := f.entities[path]
	parent, _, _ := strings.Cut(path, "/subscriptions")
	switch {
	case f.answer != nil && f.answer(w, r):
	case !f.authentic(r):
		refuse(w, http.StatusUnauthorized, "InvalidSignature: The token '"+r.Header.Get("Authorization")+"' has an\n invalid signature. TrackingId:1, Timestamp:2")
	case r.Method != http.MethodGet || r.URL.Query().Get("api-version") != "2021-05":
		refuse(w, http.StatusBadRequest, "SubCode=40000")
	case path == "$resources/queues":
		f.list(w, r, "Queues", "")
	case path == parent+"/subscriptions" && f.isTopic(parent):
		f.list(w, r, "Subscriptions", path+"/")
	case exists:
		f.entry(w, path, c)
	case f.isTopic(path):
		fmt.Fprintf(w, `<entry xmlns="http://www.w3.org/2005/Atom"><title type="text">%s</title><content type="application/xml"><TopicDescription/></content></entry>`, path)
	default: // what the service has for something that it does not know
		fmt.Fprint(w, `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">Publicly Listed Services</title><subtitle type="text">This is the list of publicly-listed services currently available.</subtitle></feed>`)
	}
}

func refuse(w http.ResponseWriter, status int, detail string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `<Error><Code>%d</Code><Detail>%s</Detail></Error>`, status, escape(detail))
}

// authentic checks a token, or the signature of the whole URL.
func (f *fake) authentic(r *http.Request) bool {
	authorization := r.Header.Get("Authorization")
	fields, ok := strings.CutPrefix(authorization, "SharedAccessSignature ")
	if !ok {
		return r.TLS != nil && f.authority.Accepts(authorization)
	}
	given := make(map[string]string)
	for field := range strings.SplitSeq(fields, "&") {
		name, value, _ := strings.Cut(field, "=")
		given[name] = value
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	resource, err := url.QueryUnescape(given["sr"])
	expiry, _ := strconv.ParseInt(given["se"], 10, 64)
	mac := hmac.New(sha256.New, []byte(f.key))
	mac.Write([]byte(given["sr"] + "\n" + given["se"]))
	return err == nil && given["skn"] == keyName && time.Unix(expiry, 0).After(time.Now()) &&
		given["sig"] == url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil))) &&
		strings.HasPrefix(strings.ToLower(scheme+r.Host+r.URL.RequestURI()), resource)
}

func (f *fake) isTopic(path string) bool {
	for other := range f.entities {
		if strings.HasPrefix(other, path+"/subscriptions/") {
			return true
		}
	}
	return false
}

// list answers with a page of what is right below prefix.
func (f *fake) list(w http.ResponseWriter, r *http.Request, title, prefix string) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(f.entities)), func(path string) bool {
		return !strings.HasPrefix(path, prefix) || strings.Contains(strings.TrimPrefix(path, prefix), "/subscriptions/")
	})
	first := min(number("$skip", 0), len(names))
	last := min(first+min(number("$top", 100), f.most), len(names))
	answer := bufio.NewWriter(w)
	defer answer.Flush()
	fmt.Fprintf(answer, `<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">%s</title>`, title)
	if last < len(names) {
		fmt.Fprint(answer, `<link rel="self" href="x"/><link rel="next" href="x"/>`)
	}
	for _, path := range names[first:last] {
		f.entry(answer, path, f.entities[path])
	}
	fmt.Fprint(answer, "</feed>")
}

// An entryKey says all that the text of an entry depends on.
type entryKey struct {
	path string
	counts
	bare   bool
	status string
}

// entry writes one entry. Its text is kept, so that a test with many spends its
// time on the driver and not on the fake.
func (f *fake) entry(w io.Writer, path string, c counts) {
	k := entryKey{path, c, f.bare[path], cmp.Or(f.status[path], "Active")}
	if _, ok := f.texts[k]; !ok {
		f.texts[k] = k.text()
	}
	_, _ = io.WriteString(w, f.texts[k]) // who does not listen gets no answer
}

// text returns an entry with as much in it as the service has to say.
func (k entryKey) text() string {
	kind, name := "QueueDescription", k.path
	if _, subscription, ok := strings.Cut(k.path, "/subscriptions/"); ok {
		kind, name = "SubscriptionDescription", subscription
	}
	details := ""
	if !k.bare {
		details = fmt.Sprintf(`<CountDetails xmlns:d2p1="http://schemas.microsoft.com/netservices/2011/06/servicebus"><d2p1:ActiveMessageCount>%d</d2p1:ActiveMessageCount><d2p1:DeadLetterMessageCount>%d</d2p1:DeadLetterMessageCount><d2p1:ScheduledMessageCount>%d</d2p1:ScheduledMessageCount><d2p1:TransferMessageCount>%d</d2p1:TransferMessageCount><d2p1:TransferDeadLetterMessageCount>%d</d2p1:TransferDeadLetterMessageCount></CountDetails>`,
			k.active, k.deadLetter, k.scheduled, k.transfer, k.transferDeadLetter)
	}
	return fmt.Sprintf(`<entry xmlns="http://www.w3.org/2005/Atom"><id>https://shop.servicebus.windows.net/%[2]s?api-version=2021-05</id><title type="text">%[2]s</title><published>2026-01-02T03:04:05Z</published><updated>2026-01-02T03:04:05Z</updated><author><name>shop</name></author><link rel="self" href="%[2]s?api-version=2021-05"/><content type="application/xml"><%[1]s xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><LockDuration>PT1M</LockDuration><MaxSizeInMegabytes>1024</MaxSizeInMegabytes><RequiresDuplicateDetection>false</RequiresDuplicateDetection><RequiresSession>false</RequiresSession><DefaultMessageTimeToLive>P14D</DefaultMessageTimeToLive><DeadLetteringOnMessageExpiration>false</DeadLetteringOnMessageExpiration><DuplicateDetectionHistoryTimeWindow>PT10M</DuplicateDetectionHistoryTimeWindow><MaxDeliveryCount>10</MaxDeliveryCount><EnableBatchedOperations>true</EnableBatchedOperations><SizeInBytes>0</SizeInBytes><MessageCount>%[3]d</MessageCount><IsAnonymousAccessible>false</IsAnonymousAccessible><AuthorizationRules/><Status>%[5]s</Status><CreatedAt>2026-01-02T03:04:05Z</CreatedAt><UpdatedAt>2026-01-02T03:04:05Z</UpdatedAt><AccessedAt>2026-01-02T03:04:05Z</AccessedAt><SupportOrdering>true</SupportOrdering>%[4]s<AutoDeleteOnIdle>P10675199DT2H48M5.4775807S</AutoDeleteOnIdle><EnablePartitioning>false</EnablePartitioning><EntityAvailabilityStatus>Available</EntityAvailabilityStatus><EnableExpress>false</EnableExpress></%[1]s></content></entry>`,
		kind, escape(name), k.active+k.deadLetter+k.scheduled+k.transfer+k.transferDeadLetter, details, k.status)
}

func escape(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err)
	}
	return b.String()
}
