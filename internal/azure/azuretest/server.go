package azuretest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// An Answer answers a request, or returns false to leave that to others.
type Answer func(w http.ResponseWriter, r *http.Request) (done bool)

// A Server is a service, with TLS and without, and who gives out tokens for it.
type Server struct {
	HTTP, HTTPS *httptest.Server
	Authority   *Authority

	serve http.HandlerFunc

	mu       sync.Mutex
	requests int
	answer   Answer // in place of the usual
}

// NewServer returns a Server that ends with the test. It serves one request at a
// time.
func NewServer(tb testing.TB, serve http.HandlerFunc) *Server {
	s := &Server{serve: serve, Authority: NewAuthority(tb)}
	s.HTTP, s.HTTPS = httptest.NewServer(s), NewTLSServer(tb, s)
	tb.Cleanup(s.HTTP.Close)
	return s
}

// Do calls f while no request is served.
func (s *Server) Do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Say sets what all requests are answered, nil for the usual.
func (s *Server) Say(answer Answer) { s.Do(func() { s.answer = answer }) }

// Count returns the number of requests since the last call.
func (s *Server) Count() (n int) {
	s.Do(func() { n, s.requests = s.requests, 0 })
	return n
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.answer == nil || !s.answer(w, r) {
		s.serve(w, r)
	}
}

// HasToken reports whether a request has one of the Authority, and TLS.
func (s *Server) HasToken(r *http.Request) bool {
	token, isToken := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return isToken && r.TLS != nil && s.Authority.Accepts(token)
}
