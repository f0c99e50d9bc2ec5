package shard

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

var orders = types.NamespacedName{Namespace: "shop", Name: "orders"}

// A server counts what is written.
type server struct {
	*httptest.Server
	written atomic.Int32
	slow    chan struct{} // if set, answers wait for it
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			s.written.Add(1)
		}
		if s.slow != nil {
			s.slow <- struct{}{}
			<-r.Context().Done()
		}
		_, _ = io.WriteString(w, "done")
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// guarded returns a Keeper that has the shard of all objects, and a client that goes
// by it.
func guarded(t *testing.T, s *server) (*Keeper, *http.Client) {
	k := &Keeper{Shards: 1, Changed: func() {}, Logger: slog.New(slog.DiscardHandler)}
	k.Init()
	t.Cleanup(k.stop)
	k.renewed(time.Now(), time.Hour)
	require.True(t, k.take(0))
	config := &rest.Config{Host: s.URL, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	k.Guard(config)
	c, err := rest.HTTPClientFor(config)
	require.NoError(t, err)
	return k, c
}

// standStill makes the time pass for which the shards are this replica's, while
// nothing of it runs: no timer either.
func (k *Keeper) standStill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lapse.Stop()
	k.until = time.Now()
}

func send(ctx context.Context, c *http.Client, method, url string) error {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	response, err := c.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	return err
}

func TestNothingIsWrittenAfterTheTerm(t *testing.T) {
	s := newServer(t)
	k, c := guarded(t, s)
	ctx := k.Term(orders).Guard(t.Context())
	require.NoError(t, send(ctx, c, http.MethodPatch, s.URL))
	require.EqualValues(t, 1, s.written.Load())

	<-k.vacate(0)
	require.Nil(t, k.Term(orders))
	require.EqualError(t, send(ctx, c, http.MethodPatch, s.URL), `Patch "`+s.URL+`": PATCH : `+ErrNotHeld.Error())
	require.NoError(t, send(ctx, c, http.MethodGet, s.URL), "reading goes on")
	require.NoError(t, send(t.Context(), c, http.MethodPost, s.URL), "and what is no object's")
	require.EqualValues(t, 2, s.written.Load())

	k.drop(0)
	require.True(t, k.take(0))
	require.ErrorIs(t, send(ctx, c, http.MethodPatch, s.URL), ErrNotHeld, "another term is another")
}

// A process that wakes finds requests that were let through before.
func TestNothingGoesOutAfterStandingStill(t *testing.T) {
	s := newServer(t)
	k, c := guarded(t, s)
	term := k.Term(orders)
	require.NoError(t, send(term.Guard(t.Context()), c, http.MethodPatch, s.URL))
	k.standStill()
	require.False(t, term.Holds())
	require.ErrorIs(t, send(term.Guard(t.Context()), c, http.MethodPatch, s.URL), ErrNotHeld)
	require.Error(t, send(t.Context(), c, http.MethodPatch, s.URL), "what was let through before does not get through")
	require.EqualValues(t, 1, s.written.Load())

	k.renewed(time.Now(), time.Hour)
	require.Nil(t, k.Term(orders), "somebody may have taken it meanwhile")
	require.NoError(t, send(t.Context(), c, http.MethodGet, s.URL), "over another connection")
	require.True(t, k.take(0))
	require.False(t, term.Holds())
}

func TestWhatIsUnderWayEndsWithTheLease(t *testing.T) {
	s := newServer(t)
	s.slow = make(chan struct{})
	k, c := guarded(t, s)
	ctx := k.Term(orders).Guard(t.Context())
	failed := make(chan error, 1)
	go func() { failed <- send(ctx, c, http.MethodPatch, s.URL) }()
	<-s.slow
	k.standStill()
	k.lapsed()
	require.Error(t, <-failed)
}
