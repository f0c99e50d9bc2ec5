package nsq_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nsq"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// spec is a trigger on the channel workers of a topic.
func spec(lookupds, topic string) scalerkit.Spec {
	return scalerkit.Spec{Type: "nsq", Name: "orders", Metadata: values{
		"nsqLookupdHTTPAddresses": lookupds, "topic": topic, "channel": "workers",
	}}
}

// source describes triggers on a cluster to the suite.
func source(lookupd, prefix string, set func(ctx context.Context, topic string, level float64) error) scalertest.Source {
	trigger := func(name string) scalertest.Trigger {
		return scalertest.Trigger{Spec: spec(lookupd, prefix+name), Set: func(ctx context.Context, level float64) error {
			return set(ctx, prefix+name, level)
		}}
	}
	secure := spec("source.example:4161", "orders")
	secure.Metadata["useHttps"] = "true"
	return scalertest.Source{
		Trigger: trigger("orders"), Secure: &secure,
		MaxConns:  24, // 8 to each of three servers, for those that are not read together
		TargetKey: "depthThreshold", ActivationKey: "activationDepthThreshold",
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

// A fake is a nsqlookupd and the only nsqd that it knows.
type fake struct {
	address string
	mu      sync.Mutex
	depths  map[string]int // of the channel workers, by topic
}

func newFake(t testing.TB) *fake {
	f := &fake{depths: make(map[string]int)}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.address = server.Listener.Addr().String()
	return f
}

func (f *fake) set(topic string, depth int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.depths[topic] = depth
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	host, port, _ := net.SplitHostPort(f.address)
	var topics, stats []string
	for topic, depth := range f.depths {
		topics = append(topics, strconv.Quote(topic))
		if only := r.FormValue("topic"); only == "" || only == topic {
			stats = append(stats, topicJSON(topic, 0, channelJSON("workers", depth, false)))
		}
	}
	switch r.URL.Path {
	case "/nodes":
		fmt.Fprintf(w, `{"producers":[{"broadcast_address":%q,"http_port":%s,"topics":[%s],"tombstones":[]}]}`, host, port, strings.Join(topics, ","))
	case "/stats":
		fmt.Fprint(w, statsJSON(stats...))
	default:
		http.NotFound(w, r)
	}
}

func statsJSON(topics ...string) string {
	return fmt.Sprintf(`{"version":"1.3.0","health":"OK","topics":[%s]}`, strings.Join(topics, ","))
}

func topicJSON(name string, depth int, channels ...string) string {
	return fmt.Sprintf(`{"topic_name":%q,"depth":%d,"channels":[%s]}`, name, depth, strings.Join(channels, ","))
}

func channelJSON(name string, depth int, paused bool) string {
	return fmt.Sprintf(`{"channel_name":%q,"depth":%d,"in_flight_count":3,"deferred_count":4,"paused":%t}`, name, depth, paused)
}

func TestSuiteOnFake(t *testing.T) {
	suite := scalertest.Suite{Driver: nsq.Driver(), New: scalertest.Typed(nsq.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		f.set("orders", 0)
		return source(f.address, "", func(_ context.Context, topic string, level float64) error {
			f.set(topic, int(level))
			return nil
		})
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

func TestSuiteOnServer(t *testing.T) {
	needServers(t)
	scalertest.Suite{Driver: nsq.Driver(), Start: func(tb testing.TB) scalertest.Source {
		s := needServers(tb)
		prefix := fmt.Sprintf("test-%d-", time.Now().UnixNano())
		require.NoError(tb, s.set(tb.Context(), prefix+"orders", 0, 0))
		return source(s.lookupd, prefix, func(ctx context.Context, topic string, level float64) error {
			return s.set(ctx, topic, int(level)-int(level)/3, int(level)/3)
		})
	}}.Run(t)
}

// TestServers has a topic on two nsqd, of which one does not have the channel yet.
func TestServers(t *testing.T) {
	s := needServers(t)
	topic := fmt.Sprintf("test-%d", time.Now().UnixNano())
	open := func(channel string) scalerkit.Scaler {
		trigger := spec(s.lookupd, topic)
		trigger.Metadata["channel"] = channel
		scaler, err := nsq.Driver().Open(trigger, scalerkit.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, scaler.Close()) })
		return scaler
	}
	workers, others := open("workers"), open("others")
	r, err := workers.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, scalerkit.Reading{Note: "no nsqd has the topic", Time: r.Time}, r)

	require.NoError(t, s.set(t.Context(), topic, 5, 4))
	scalertest.WantValue(t, workers, 9)
	require.NoError(t, s.post(t.Context(), s.nsqds[0], "/channel/create", topic, "others", ""))
	scalertest.WantValue(t, others, 0) // messages from before it was there are the other channel's

	require.NoError(t, s.post(t.Context(), s.nsqds[0], "/channel/pause", topic, "workers", ""))
	r, err = workers.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, scalerkit.Reading{Value: 4, Note: "the channel is paused on 1 of 2 nsqd", Time: r.Time}, r)

	require.NoError(t, s.post(t.Context(), s.nsqds[1], "/channel/delete", topic, "workers", ""))
	require.NoError(t, s.post(t.Context(), s.nsqds[1], "/topic/create", topic, "", ""))
	require.NoError(t, s.post(t.Context(), s.nsqds[1], "/mpub", topic, "", "a\nb"))
	require.NoError(t, s.registered(t.Context(), topic))
	r, err = workers.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2.0, r.Value, "the depth of the topic stands for that of the channel")
}
