package httpkit

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

const throttledThing = "throttled" // for this the server has no time

// A server has things, and a level of each.
type server struct {
	*httptest.Server
	kit Kit

	mu     sync.Mutex
	levels map[string]float64
	accept func(*http.Request) bool // who is authenticated; nil: everybody
	answer http.HandlerFunc         // in place of the usual, if set
}

func (k Kit) start(tb testing.TB) *server {
	s := k.unstarted(tb)
	s.Start()
	return s
}

func (k Kit) unstarted(tb testing.TB) *server {
	s := &server{kit: k, levels: make(map[string]float64)}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut
	tb.Cleanup(s.Close)
	return s
}

// set returns what sets the level of a thing.
func (s *server) set(thing string) func(context.Context, float64) error {
	return func(_ context.Context, level float64) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.levels[thing] = level
		return nil
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == tokenPath {
		serveToken(w, r)
		return
	}
	thing := s.kit.Thing(r)
	s.mu.Lock()
	level, known := s.levels[thing]
	accept, answer := s.accept, s.answer
	s.mu.Unlock()
	switch {
	case accept != nil && !accept(r):
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, "%s with %v", r.URL, r.Header) // as servers do that are to help
	case answer != nil:
		answer(w, r)
	case thing == throttledThing:
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	case known:
		_, _ = io.WriteString(w, s.kit.Body(level))
	case s.kit.Absent != "":
		_, _ = io.WriteString(w, s.kit.Absent)
	default:
		http.NotFound(w, r)
	}
}
