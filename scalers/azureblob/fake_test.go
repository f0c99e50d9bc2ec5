package azureblob_test

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

const (
	account   = "127" // so that with a domain of "0.0.1:port" the host name is an address
	signature = "c2lnbmF0dXJlIQ"
	pageSize  = 50 // smaller than the service's, so that there is more than one page
)

var (
	key   = base64.StdEncoding.EncodeToString([]byte("the key of the account"))
	wrong = base64.StdEncoding.EncodeToString([]byte("a key of another account"))
)

// A fake speaks as much of the Blob service's REST API as it takes to list
// blobs, and checks the three ways to authenticate.
type fake struct {
	http, https *httptest.Server
	authority   *azuretest.Authority

	mu         sync.Mutex
	containers map[string][]string // names of blobs, sorted
	requests   int
	key        string                                                   // of the account
	answer     func(w http.ResponseWriter, r *http.Request) (done bool) // in place of the usual
}

func newFake(tb testing.TB) *fake {
	f := &fake{containers: make(map[string][]string), key: key, authority: azuretest.NewAuthority(tb)}
	f.http, f.https = httptest.NewServer(f), azuretest.NewTLSServer(tb, f)
	tb.Cleanup(f.http.Close)
	return f
}

// set makes a container with these blobs.
func (f *fake) set(container string, blobs ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.containers[container] = slices.Sorted(slices.Values(blobs))
}

// say sets what all requests are answered, nil for the usual.
func (f *fake) say(answer func(w http.ResponseWriter, r *http.Request) (done bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fake) renew(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.key = key
}

// count returns the number of requests since the last call.
func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.requests
	f.requests = 0
	return n
}

// suffix is for host names that begin with the account.
func (f *fake) suffix() string {
	return strings.TrimPrefix(f.https.URL, "https://"+account+".")
}

func (f *fake) connection(credential string) string {
	return "BlobEndpoint=" + f.http.URL + "/" + account + ";AccountName=" + account + ";" + credential
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	query := r.URL.Query()
	container := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"+account), "/")
	blobs, exists := f.containers[container]
	switch code := f.check(r); {
	case f.answer != nil && f.answer(w, r):
	case code != "":
		refuse(w, http.StatusForbidden, code)
	case !exists:
		refuse(w, http.StatusNotFound, "ContainerNotFound")
	case query.Get("restype") != "container" || query.Get("comp") != "list" || r.Header.Get("x-ms-version") == "":
		refuse(w, http.StatusBadRequest, "InvalidQueryParameterValue")
	default:
		list(w, container, blobs, query.Get("prefix"), query.Get("delimiter"), query.Get("marker"), query.Get("maxresults"))
	}
}

// refuse answers as the service does, which repeats what it was sent.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>Refused.
RequestId:1</Message><AuthenticationErrorDetail>The signature was %s, of %s.</AuthenticationErrorDetail></Error>`, code, signature, key)
}

// check returns the code of the error if the request is not authentic.
func (f *fake) check(r *http.Request) string {
	authorization := r.Header.Get("Authorization")
	token, isToken := strings.CutPrefix(authorization, "Bearer ")
	switch {
	case isToken && r.TLS != nil && f.authority.Accepts(token):
	case r.URL.Query().Get("sig") == signature:
	case authorization == "SharedKey "+account+":"+sign(r, f.key):
	default:
		return "AuthenticationFailed"
	}
	return ""
}

// sign returns the signature of a GET request with the account's key.
func sign(r *http.Request, key string) string {
	var text strings.Builder
	text.WriteString("GET" + strings.Repeat("\n", 12))
	var headers []string
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-ms-") {
			headers = append(headers, name+":"+r.Header.Get(name)+"\n")
		}
	}
	slices.Sort(headers)
	text.WriteString(strings.Join(headers, "") + "/" + account + r.URL.Path)
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		fmt.Fprintf(&text, "\n%s:%s", strings.ToLower(name), strings.Join(query[name], ","))
	}
	secret, _ := base64.StdEncoding.DecodeString(key)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// An entry is a blob or, with Properties left out, a directory.
type entry struct {
	Name       string
	Properties *properties
}

type properties struct {
	ContentLength int    `xml:"Content-Length"`
	ResourceType  string `xml:",omitempty"`
}

// list answers with one page. The marker is the name before its first.
func list(w http.ResponseWriter, container string, blobs []string, prefix, delimiter, marker, maxResults string) {
	size := pageSize
	if n, err := strconv.Atoi(maxResults); err == nil {
		size = min(size, n)
	}
	answer := struct {
		XMLName       xml.Name `xml:"EnumerationResults"`
		ContainerName string   `xml:",attr"`
		Blobs         struct{ Blob, BlobPrefix []entry }
		NextMarker    string
	}{ContainerName: container}
	seen := make(map[string]bool)
	for _, name := range blobs {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || name <= marker {
			continue
		}
		directory := ""
		if head, _, inside := strings.Cut(rest, cmp.Or(delimiter, "\x00")); inside {
			directory = prefix + head + delimiter
		}
		if seen[directory] && directory != "" {
			continue
		}
		if len(answer.Blobs.Blob)+len(answer.Blobs.BlobPrefix) == size {
			answer.NextMarker = marker
			break
		}
		marker = name
		switch {
		case directory != "":
			seen[directory] = true
			marker = directory + "\xff"
			answer.Blobs.BlobPrefix = append(answer.Blobs.BlobPrefix, entry{Name: directory})
		case strings.HasSuffix(name, "/"): // of an account with a hierarchical namespace
			answer.Blobs.Blob = append(answer.Blobs.Blob, entry{strings.TrimSuffix(name, "/"), &properties{ResourceType: "directory"}})
		default:
			answer.Blobs.Blob = append(answer.Blobs.Blob, entry{name, new(properties)})
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	text, err := xml.Marshal(answer)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(append([]byte(xml.Header), text...)) // who does not listen gets no answer
}
