package nats_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nats"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// spec is a trigger on the consumer workers of a stream.
func spec(endpoint, stream string) scalerkit.Spec {
	return scalerkit.Spec{Type: "nats-jetstream", Name: "orders", Metadata: values{
		"natsServerMonitoringEndpoint": endpoint, "account": "$G", "stream": stream, "consumer": "workers",
	}}
}

// source describes triggers on a server to the suite.
func source(endpoint, prefix string, set func(ctx context.Context, stream string, level float64) error) scalertest.Source {
	trigger := func(name string) scalertest.Trigger {
		return scalertest.Trigger{Spec: spec(endpoint, prefix+name), Set: func(ctx context.Context, level float64) error {
			return set(ctx, prefix+name, level)
		}}
	}
	missing, secure := spec(endpoint, prefix+"missing"), spec("source.example:8222", "orders")
	secure.Metadata["useHttps"] = "true"
	return scalertest.Source{
		Trigger: trigger("orders"), Missing: &missing, Secure: &secure,
		MaxConns:  40, // those that are not read together are asked for side by side
		TargetKey: "lagThreshold", ActivationKey: "activationLagThreshold",
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

// A fake is a server with an account of which each stream has a consumer workers.
type fake struct {
	mu      sync.Mutex
	pending map[string]float64 // by stream
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path != "/jsz" || r.FormValue("acc") != "$G" || r.FormValue("consumers") != "true" {
		http.NotFound(w, r)
		return
	}
	var streams []string
	for stream, level := range f.pending {
		done := int(level) / 3
		streams = append(streams, streamJSON(stream, consumerJSON("workers", int(level)-done, done, "")))
	}
	_, _ = w.Write([]byte(jsz(1, streams...)))
}

// jsz is the answer of a node of a cluster of that size, with the streams of the
// account.
func jsz(size int, streams ...string) string {
	return fmt.Sprintf(`{"server_id":"NA","meta_cluster":{"cluster_size":%d},"account_details":[{"name":"$G","id":"$G","stream_detail":[%s]}]}`,
		size, strings.Join(streams, ","))
}

func streamJSON(name string, consumers ...string) string {
	return fmt.Sprintf(`{"name":%q,"consumer_detail":[%s]}`, name, strings.Join(consumers, ","))
}

func consumerJSON(name string, pending, acks int, more string) string {
	return fmt.Sprintf(`{"stream_name":"x","name":%q,"num_ack_pending":%d,"num_pending":%d%s}`, name, acks, pending, more)
}

func TestSuiteOnFake(t *testing.T) {
	suite := scalertest.Suite{Driver: nats.Driver(), New: scalertest.Typed(nats.New), Start: func(tb testing.TB) scalertest.Source {
		f := &fake{pending: map[string]float64{"orders": 0}}
		server := httptest.NewServer(f)
		tb.Cleanup(server.Close)
		return source(server.Listener.Addr().String(), "", func(_ context.Context, stream string, level float64) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.pending[stream] = level
			return nil
		})
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

func TestSuiteOnServer(t *testing.T) {
	needServer(t, "SCALERKIT_TEST_NATS")
	scalertest.Suite{Driver: nats.Driver(), Start: func(tb testing.TB) scalertest.Source {
		c := connect(tb, needServer(tb, "SCALERKIT_TEST_NATS"))
		prefix := fmt.Sprintf("test-%d-", time.Now().UnixNano())
		require.NoError(tb, c.set(tb.Context(), prefix+"orders", 1, 0))
		return source(needServer(tb, "SCALERKIT_TEST_NATS_MONITORING"), prefix, func(ctx context.Context, stream string, level float64) error {
			return c.set(ctx, stream, 1, int(level))
		})
	}}.Run(t)
}
