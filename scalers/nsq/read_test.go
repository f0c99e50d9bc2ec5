package nsq_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nsq"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// answers are the bodies of URLs without their query. What is not there is 404.
type answers struct {
	bodies map[string]string
	asked  *atomic.Int32
}

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.asked != nil {
		a.asked.Add(1)
	}
	response := &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Request: r}
	body, ok := a.bodies[r.URL.Scheme+"://"+r.URL.Host+r.URL.Path]
	if !ok {
		response.StatusCode, response.Status = http.StatusNotFound, "404 Not Found"
	}
	response.Body = io.NopCloser(strings.NewReader(body))
	return response, nil
}

func open(t *testing.T, a answers, metadata values, pool *scalerkit.Pool) scalerkit.Scaler {
	s := spec("a:4161", "orders")
	for key, value := range metadata {
		s.Metadata[key] = value
	}
	scaler, err := nsq.Driver().Open(s, scalerkit.Options{Pool: pool, HTTPClient: &http.Client{Transport: a}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, scaler.Close()) })
	return scaler
}

// nodes is what nsqlookupd says of nsqd at hosts, which have these topics.
func nodes(topics, tombstones string, hosts ...string) string {
	var all []string
	for _, host := range hosts {
		all = append(all, fmt.Sprintf(`{"broadcast_address":%q,"http_port":4151,"topics":[%s],"tombstones":[%s]}`, host, topics, tombstones))
	}
	return `{"producers":[` + strings.Join(all, ",") + `]}`
}

func TestMetric(t *testing.T) {
	s := open(t, answers{}, nil, nil)
	require.Equal(t, scalerkit.Metric{Name: "nsq-orders-workers", Target: scalerkit.Target{Value: 10, Kind: scalerkit.PerReplica}}, s.Metric())
	s = open(t, answers{}, values{"depthThreshold": "50", "activationDepthThreshold": "5"}, nil)
	require.Equal(t, 50.0, s.Metric().Target.Value)
	require.Equal(t, 5.0, s.Metric().Activation)
}

func TestReadings(t *testing.T) {
	const stats = "http://n:4151/stats"
	for name, test := range map[string]struct {
		metadata values
		answers  map[string]string
		want     scalerkit.Reading
	}{
		"no node": {nil, map[string]string{"http://a:4161/nodes": nodes("", "")}, scalerkit.Reading{Note: "no nsqd has the topic"}},
		"a node with another topic": {
			nil, map[string]string{"http://a:4161/nodes": nodes(`"x"`, "false", "n")}, scalerkit.Reading{Note: "no nsqd has the topic"},
		},
		"a tombstone": {
			nil, map[string]string{"http://a:4161/nodes": nodes(`"x","orders"`, "false,true", "n")}, scalerkit.Reading{Note: "no nsqd has the topic"},
		},
		"the topic is gone from the node": {
			nil, map[string]string{"http://a:4161/nodes": nodes(`"orders"`, "false", "n"), stats: statsJSON()}, scalerkit.Reading{Note: "no nsqd has the topic"},
		},
		"the channel": {
			nil, map[string]string{
				"http://a:4161/nodes": nodes(`"orders"`, "false", "n"),
				stats:                 statsJSON(topicJSON("orders", 100, channelJSON("x", 50, false), channelJSON("workers", 7, false))),
			},
			scalerkit.Reading{Value: 7},
		},
		"no channel": {
			nil, map[string]string{
				"http://a:4161/nodes": nodes(`"orders"`, "false", "n"), stats: statsJSON(topicJSON("orders", 12, channelJSON("x", 50, false))),
			},
			scalerkit.Reading{Value: 12},
		},
		"paused": {
			nil, map[string]string{
				"http://a:4161/nodes": nodes(`"orders"`, "false", "n"), stats: statsJSON(topicJSON("orders", 12, channelJSON("workers", 50, true))),
			},
			scalerkit.Reading{Note: "the channel is paused on 1 of 1 nsqd"},
		},
		"two lookupds, TLS": {
			values{"nsqLookupdHTTPAddresses": "a:4161, b:4161", "useHttps": "true"},
			map[string]string{
				"https://a:4161/nodes": nodes(`"orders"`, "false", "n"), "https://b:4161/nodes": nodes(`"orders"`, "false", "n", "fd00::1"),
				"https://n:4151/stats":         statsJSON(topicJSON("orders", 0, channelJSON("workers", 7, false))),
				"https://[fd00::1]:4151/stats": statsJSON(topicJSON("orders", 0, channelJSON("workers", 4, false))),
			},
			scalerkit.Reading{Value: 11},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := open(t, answers{bodies: test.answers}, test.metadata, nil).Read(t.Context())
			require.NoError(t, err)
			test.want.Time = r.Time
			require.Equal(t, test.want, r)
		})
	}
}

func TestErrors(t *testing.T) {
	const read = `read depths of topic "orders": `
	for name, test := range map[string]struct {
		answers map[string]string
		text    string
	}{
		"a lookupd is down":   {map[string]string{"http://a:4161/nodes": nodes("", "")}, "GET http://b:4161/nodes: not found: 404 Not Found"},
		"it is no nsqlookupd": {map[string]string{"http://a:4161/nodes": `{}`, "http://b:4161/nodes": `{}`}, "GET http://a:4161/nodes: the answer has no producers"},
		"a nsqd is down": {
			map[string]string{
				"http://a:4161/nodes": nodes(`"orders"`, "false", "n"), "http://b:4161/nodes": nodes(`"orders"`, "false", "n2"),
				"http://n:4151/stats": statsJSON(topicJSON("orders", 5)),
			},
			"GET http://n2:4151/stats: not found: 404 Not Found",
		},
		"it is no nsqd": {
			map[string]string{
				"http://a:4161/nodes": nodes(`"orders"`, "false", "n"), "http://b:4161/nodes": nodes("", ""), "http://n:4151/stats": `{}`,
			},
			"GET http://n:4151/stats: the answer has no topics",
		},
		"no depth": {
			map[string]string{
				"http://a:4161/nodes": nodes(`"orders"`, "false", "n"), "http://b:4161/nodes": nodes("", ""),
				"http://n:4151/stats": statsJSON(`{"topic_name":"orders"}`),
			},
			"an answer has no depth",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, answers{bodies: test.answers}, values{"nsqLookupdHTTPAddresses": "a:4161,b:4161"}, nil)
			scalertest.WantError(t, s, nil, read+test.text)
		})
	}
}

// TestANodeThatIsDown fails the topics that it has, and no others.
func TestANodeThatIsDown(t *testing.T) {
	var asked atomic.Int32
	a := answers{asked: &asked, bodies: map[string]string{
		"http://a:4161/nodes": `{"producers":[{"broadcast_address":"n","http_port":4151,"topics":["orders","mails"]},{"broadcast_address":"down","http_port":4151,"topics":["mails"]}]}`,
		"http://n:4151/stats": statsJSON(topicJSON("orders", 5), topicJSON("mails", 6), topicJSON("more", 7)),
	}}
	pool := new(scalerkit.Pool)
	scalers := []scalerkit.Scaler{open(t, a, nil, pool), open(t, a, values{"topic": "mails"}, pool), open(t, a, values{"channel": "others"}, pool)}
	results := scalerkit.ReadAll(t.Context(), scalers...)
	require.NoError(t, results[0].Err)
	require.Equal(t, 5.0, results[0].Reading.Value)
	require.EqualError(t, results[1].Err, `read depths of topic "mails": GET http://down:4151/stats: not found: 404 Not Found`)
	require.NoError(t, results[2].Err)
	require.Equal(t, int32(3), asked.Load(), "one request to each server")
}

func TestConfigErrors(t *testing.T) {
	for text, metadata := range map[string]values{
		`nsqLookupdHTTPAddresses: is missing: set it in the metadata, or name an environment variable in nsqLookupdHTTPAddressesFromEnv`: {"topic": "t", "channel": "c"},
		`depthThreshold: "0" is not greater than 0`:     {"nsqLookupdHTTPAddresses": "a:1", "topic": "t", "channel": "c", "depthThreshold": "0"},
		`activationDepthThreshold: "-1" is less than 0`: {"nsqLookupdHTTPAddresses": "a:1", "topic": "t", "channel": "c", "activationDepthThreshold": "-1"},
	} {
		_, err := nsq.Driver().Open(scalerkit.Spec{Type: "nsq", Name: "orders", Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `nsq trigger "orders": `+text)
	}
}
