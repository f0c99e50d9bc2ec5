// Package storetest has in-process fakes of the HTTP APIs of secret stores.
package storetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
)

// Hosts has handlers by the host of a URL. As a transport it leads there and
// nowhere else.
type Hosts map[string]http.Handler

// RoundTrip implements http.RoundTripper.
func (h Hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	handler, ok := h[r.URL.Host]
	if !ok {
		return nil, fmt.Errorf("no such host: %s", r.URL.Host)
	}
	received := r.Clone(r.Context())
	if received.Host == "" {
		received.Host = r.URL.Host
	}
	if received.Body == nil {
		received.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, received)
	answer := recorder.Result()
	answer.Request = r
	return answer, nil
}

// A Gate is in front of a store, and can be shut. It counts the requests.
type Gate struct {
	Store http.Handler

	mu   sync.Mutex
	shut bool
	seen []string
}

// Shut makes the store answer that it is not available, or ends that.
func (g *Gate) Shut(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
}

// Seen returns the requests since it was last called, sorted, such as "GET
// /v1/secret/redis".
func (g *Gate) Seen() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := g.seen
	g.seen = nil
	slices.Sort(seen) // those that are sent at a time have no order
	return seen
}

// ServeHTTP implements http.Handler.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.seen = append(g.seen, r.Method+" "+r.URL.Path)
	shut := g.shut
	g.mu.Unlock()
	if shut {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	g.Store.ServeHTTP(w, r)
}

func reply(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a recorder takes everything
}
