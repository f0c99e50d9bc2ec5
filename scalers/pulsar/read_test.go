package pulsar_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/pulsar"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

func serve(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, metadata, auth values, o scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	for key, value := range (values{"topic": "public/default/orders", "subscription": "workers"}) {
		if metadata[key] == "" {
			metadata[key] = value
		}
	}
	s, err := pulsar.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: metadata, Auth: scalerkit.Secrets(auth)}, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

const seven = `{"subscriptions":{"workers":{"msgBacklog":7}}}`

func TestWhichStatistics(t *testing.T) {
	for topic, c := range map[string]struct{ partitioned, uri string }{
		"persistent://public/default/orders": {"false", "/admin/v2/persistent/public/default/orders/stats"},
		"public/default/orders":              {"true", "/admin/v2/persistent/public/default/orders/partitioned-stats?perPartition=false"},
		"public/default/my orders?":          {"false", "/admin/v2/persistent/public/default/my%20orders%3F/stats"},
		"public/default/my%2Forders":         {"false", "/admin/v2/persistent/public/default/my%2Forders/stats"},
		"public/default/100%":                {"false", "/admin/v2/persistent/public/default/100%25/stats"},
		"property/cluster/default/orders":    {"false", "/admin/v2/persistent/property/cluster/default/orders/stats"},
	} {
		var uri atomic.Value
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			uri.Store(r.RequestURI)
			_, _ = io.WriteString(w, seven)
		})
		s := open(t, values{"adminURL": server + "/", "topic": topic, "isPartitionedTopic": c.partitioned}, nil, scalerkit.Options{})
		scalertest.WantValue(t, s, 7)
		require.Equal(t, c.uri, uri.Load())
	}
}

func TestWhatTheAnswerLacks(t *testing.T) {
	for body, want := range map[string]struct {
		kind error
		text string
	}{
		`{"subscriptions":{"others":{"msgBacklog":1}}}`: {scalerkit.ErrNotFound, `not found: there is no subscription "workers"`},
		`{"subscriptions":{}}`:                          {scalerkit.ErrNotFound, `not found: there is no subscription "workers"`},
		`{"subscriptions":{"workers":{}}}`:              {nil, `the answer does not say what the backlog of subscription "workers" is`},
		`{"reason":"starting"}`:                         {nil, `the answer has no subscriptions`},
		`{"subscriptions":{"workers":{"msgBacklog":-1}}}`: {nil,
			`the value is -1, which is not a finite number of at least 0`},
	} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		scalertest.WantError(t, open(t, values{"adminURL": server}, nil, scalerkit.Options{}), want.kind,
			`read statistics of topic "public/default/orders": `+want.text)
	}
}

func TestATopicThatIsNotThere(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"reason":"Topic not found"}`)
	})
	scalertest.WantError(t, open(t, values{"adminURL": server}, nil, scalerkit.Options{}), scalerkit.ErrNotFound,
		`read statistics of topic "public/default/orders": GET `+server+`/admin/v2/persistent/public/default/orders/stats: not found: 404 Not Found: {"reason":"Topic not found"}`)
}

func TestSubscriptionsOfOneTopicShareItsStatistics(t *testing.T) {
	var asked atomic.Int64
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"subscriptions":{"a":{"msgBacklog":1},"b":{"msgBacklog":2}}}`)
	})
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	results := scalerkit.ReadAll(t.Context(),
		open(t, values{"adminURL": server, "subscription": "a"}, nil, options),
		open(t, values{"adminURL": server, "subscription": "b"}, nil, options))
	require.Equal(t, []float64{1, 2}, []float64{results[0].Reading.Value, results[1].Reading.Value})
	require.EqualValues(t, 1, asked.Load())
}

// TestPulsarIsToldOfTheCredentials has the header by which brokers choose who
// checks them.
func TestPulsarIsToldOfTheCredentials(t *testing.T) {
	pair := tlstest.NewPair(t, "keda")
	for name, c := range map[string]struct {
		metadata, auth values
		method         string
	}{
		"bearer":              {values{"authModes": "bearer"}, values{"token": "t"}, "token"},
		"bearer and tls":      {values{"authModes": "tls, bearer"}, values{"token": "t", "cert": pair.Cert, "key": pair.Key}, "token"},
		"basic":               {values{"authModes": "basic"}, values{"username": "u"}, "basic"},
		"tls":                 {values{"authModes": "tls"}, values{"cert": pair.Cert, "key": pair.Key}, "tls"},
		"tls as it once was":  {values{"tls": "enable"}, values{"cert": pair.Cert, "key": pair.Key}, "tls"},
		"tls without a key":   {values{"tls": "enable"}, nil, ""},
		"none":                {values{"authModes": ""}, nil, ""},
		"a key of a proxy's":  {values{"authModes": "apiKey"}, values{"apiKey": "k"}, ""},
		"a client's own TLS":  {nil, values{"cert": pair.Cert, "key": pair.Key}, ""},
		"tls is not disabled": {values{"tls": "disable", "authModes": "tls"}, values{"cert": pair.Cert, "key": pair.Key}, "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			var method atomic.Value
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				method.Store(r.Header.Get("X-Pulsar-Auth-Method-Name"))
				_, _ = io.WriteString(w, seven)
			})
			metadata := values{"adminURL": server}
			for k, v := range c.metadata {
				metadata[k] = v
			}
			scalertest.WantValue(t, open(t, metadata, c.auth, scalerkit.Options{}), 7)
			require.Equal(t, c.method, method.Load())
		})
	}
}

// TestOAuthInTheMetadata has it as KEDA's documentation does. The token is kept.
func TestOAuthInTheMetadata(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/token" {
			_ = r.ParseForm()
			asked = append(asked, r.Form.Encode())
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"t","token_type":"bearer","expires_in":3600}`)
			return
		}
		if r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, seven)
	})
	s := open(t, values{
		"adminURL": server, "authModes": "oauth", "oauthTokenURI": server + "/token", "scope": "a", "clientID": "keda", "EndpointParams": "audience=x",
	}, nil, scalerkit.Options{})
	scalertest.WantValue(t, s, 7)
	scalertest.WantValue(t, s, 7)
	require.Equal(t, []string{"audience=x&grant_type=client_credentials&scope=a"}, asked)
	both := open(t, values{"adminURL": server, "authModes": "oauth", "oauthTokenURI": "http://127.0.0.1:1", "clientID": "other", "EndpointParams": "audience=x"},
		values{"oauthTokenURI": server + "/token", "clientID": "keda", "endpointParams": "audience=y"}, scalerkit.Options{Warn: func(scalerkit.ConfigError) {}})
	scalertest.WantValue(t, both, 7)
	require.Equal(t, "audience=y&grant_type=client_credentials", asked[1])
}

func TestTheMetric(t *testing.T) {
	s := open(t, values{"adminURL": "http://pulsar:8080", "topic": "persistent://public/default/orders.v1"}, nil, scalerkit.Options{})
	require.Equal(t, scalerkit.Metric{
		Name: "pulsar-persistent---public-default-orders-v1-workers", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 10},
	}, s.Metric())
	s, err := pulsar.Driver().Open(scalerkit.Spec{MetricType: scalerkit.Total, Metadata: values{
		"adminURL": "http://pulsar:8080", "topic": "a/b/c", "subscription": "s", "msgBacklogThreshold": "5", "activationMsgBacklogThreshold": "2",
	}}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{
		Name: "pulsar-a-b-c-s", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 5}, Activation: 2,
	}, s.Metric(), "KEDA ignores the metricType")
	require.NoError(t, s.Close())
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger, want = `pulsar trigger "orders": `, `: want tenant/namespace/topic, with persistent:// before it or without`
	for text, metadata := range map[string]values{
		trigger + `adminURL: is not the URL of a server: want http:// or https://, a host, and no parameters`: {"adminURL": "pulsar:8080"},
		trigger + `topic: does not name a tenant, a namespace and a topic` + want:                             {"topic": "orders"},
		trigger + `topic: is not persistent, and Pulsar keeps no backlog of it` + want:                        {"topic": "non-persistent://public/default/orders"},
		trigger + `msgBacklogThreshold: "0" is not greater than 0`:                                            {"msgBacklogThreshold": "0"},
	} {
		all := values{"adminURL": "http://pulsar:8080", "topic": "public/default/orders", "subscription": "workers"}
		for k, v := range metadata {
			all[k] = v
		}
		_, err := pulsar.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: all}, scalerkit.Options{})
		require.EqualError(t, err, text)
	}
	var warned []string
	open(t, values{"adminURL": "http://pulsar:8080", "tls": "enable"}, nil, scalerkit.Options{Warn: func(e scalerkit.ConfigError) { warned = append(warned, e.Error()) }})
	require.Equal(t, []string{trigger + "tls: has no effect without a client certificate, which is for cert and key"}, warned)
}
