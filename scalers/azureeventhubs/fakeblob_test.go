package azureeventhubs_test

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
)

const (
	account  = "shop"
	pageSize = 3 // smaller than the service's, so that there is more than one page
)

var accountKey = base64.StdEncoding.EncodeToString([]byte("the key of the account"))

// A blob is a checkpoint.
type blob struct {
	body     string
	metadata map[string]string
	modified time.Time // zero: when it was put
}

// A blobFake speaks as much of the Blob service's REST API as it takes to read
// checkpoints.
type blobFake struct {
	server    *httptest.Server
	authority *azuretest.Authority // of those who come without a key

	mu         sync.Mutex
	containers map[string]map[string]blob
	log        []string
	answer     func(w http.ResponseWriter, r *http.Request) (done bool) // in place of the usual
}

func newBlobFake(tb testing.TB, authority *azuretest.Authority) *blobFake {
	f := &blobFake{containers: make(map[string]map[string]blob), authority: authority}
	f.server = httptest.NewServer(f)
	tb.Cleanup(f.server.Close)
	return f
}

func (f *blobFake) connection(key string) string {
	return "BlobEndpoint=" + f.server.URL + "/" + account + ";AccountName=" + account + ";AccountKey=" + key
}

func (f *blobFake) put(container, name string, b blob) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.containers[container] == nil {
		f.containers[container] = make(map[string]blob)
	}
	if b.modified.IsZero() {
		b.modified = time.Now()
	}
	f.containers[container][name] = b
}

func (f *blobFake) say(answer func(w http.ResponseWriter, r *http.Request) (done bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// requests returns what was asked since the last call, sorted.
func (f *blobFake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	log := f.log
	f.log = nil
	slices.Sort(log)
	return log
}

func (f *blobFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	query := r.URL.Query()
	container, name, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"+account), "/"), "/")
	f.log = append(f.log, strings.TrimSpace(container+"/"+name+" "+query.Get("comp")+" "+query.Get("prefix")))
	blobs, exists := f.containers[container]
	b, found := blobs[name]
	token, isToken := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	authentic := r.Header.Get("Authorization") == "SharedKey "+account+":"+storagetest.Sign(r, account, accountKey) || isToken && f.authority.Accepts(token)
	switch {
	case f.answer != nil && f.answer(w, r):
	case !authentic:
		fail(w, http.StatusForbidden, "AuthenticationFailed")
	case !exists:
		fail(w, http.StatusNotFound, "ContainerNotFound")
	case query.Get("comp") == "list":
		list(w, blobs, query.Get("prefix"), query.Get("marker"), query.Get("include"))
	case !found:
		fail(w, http.StatusNotFound, "BlobNotFound")
	default:
		_, _ = w.Write([]byte(b.body)) // who does not listen gets no answer
	}
}

// fail answers as the service does, which repeats what it was sent.
func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>The key was %s.</Message></Error>`, code, accountKey)
}

// An element is one whose name is known at run time.
type element struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

type listed struct {
	Name       string
	Properties struct {
		LastModified string `xml:"Last-Modified"`
	}
	Metadata struct{ Items []element }
}

// list answers with one page. The marker is the name before its first.
func list(w http.ResponseWriter, blobs map[string]blob, prefix, marker, include string) {
	answer := struct {
		XMLName    xml.Name `xml:"EnumerationResults"`
		Blobs      struct{ Blob []listed }
		NextMarker string
	}{}
	for _, name := range slices.Sorted(maps.Keys(blobs)) {
		if !strings.HasPrefix(name, prefix) || name <= marker {
			continue
		}
		if len(answer.Blobs.Blob) == pageSize {
			answer.NextMarker = marker
			break
		}
		marker = name
		item := listed{Name: name}
		item.Properties.LastModified = blobs[name].modified.UTC().Format(http.TimeFormat)
		for key, value := range blobs[name].metadata {
			if strings.Contains(include, "metadata") {
				item.Metadata.Items = append(item.Metadata.Items, element{xml.Name{Local: key}, value})
			}
		}
		answer.Blobs.Blob = append(answer.Blobs.Blob, item)
	}
	w.Header().Set("Content-Type", "application/xml")
	if err := xml.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

// newSecureProxy returns the address of the same fake behind TLS, where its
// account is in the host name.
func newSecureProxy(tb testing.TB, f *blobFake) string {
	server := httptest.NewTLSServer(f)
	tb.Cleanup(server.Close)
	return server.Listener.Addr().String()
}
