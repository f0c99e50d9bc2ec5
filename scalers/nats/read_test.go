package nats_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nats"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// answers are the bodies of URLs without their query. What is not there is down.
type answers map[string]string

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	body, up := a[r.URL.Scheme+"://"+r.URL.Host+r.URL.Path]
	if !up {
		return nil, errors.New("nobody is there")
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// open opens a trigger on the consumer workers of the stream orders.
func open(t *testing.T, a answers, metadata values) scalerkit.Scaler {
	s := spec("nats.example:8222", "orders")
	for key, value := range metadata {
		s.Metadata[key] = value
	}
	scaler, err := nats.Driver().Open(s, scalerkit.Options{HTTPClient: &http.Client{Transport: a}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, scaler.Close()) })
	return scaler
}

func TestMetric(t *testing.T) {
	s := open(t, nil, nil)
	require.Equal(t, scalerkit.Metric{
		Name: "nats-jetstream-orders", Target: scalerkit.Target{Value: 10, Kind: scalerkit.PerReplica}, InFlight: true,
	}, s.Metric())
	s = open(t, nil, values{"lagThreshold": "50", "activationLagThreshold": "15", "useHttps": "false"})
	require.Equal(t, 50.0, s.Metric().Target.Value)
	require.Equal(t, 15.0, s.Metric().Activation)
}

func TestEndpoint(t *testing.T) {
	body := jsz(1, streamJSON("orders", consumerJSON("workers", 6, 2, "")))
	for url, metadata := range map[string]values{
		"http://nats.example:8222":  {},
		"https://nats.example:8222": {"useHttps": "true"},
		"http://nats.svc:8080":      {"natsServerMonitoringEndpoint": "http://nats.svc:8080"},
		"https://nats.svc:8080":     {"natsServerMonitoringEndpoint": "https://nats.svc:8080/"},
		"http://[::1]:8222":         {"natsServerMonitoringEndpoint": "[::1]:8222"},
	} {
		scalertest.WantValue(t, open(t, answers{url + "/jsz": body}, metadata), 8)
	}
}

func TestAccount(t *testing.T) {
	body := `{"server_id":"N","account_details":[
		{"name":"other","id":"AOTHER","stream_detail":[` + streamJSON("orders", consumerJSON("workers", 100, 0, "")) + `]},
		{"name":"shop","id":"ASHOP","stream_detail":[` + streamJSON("orders", consumerJSON("others", 50, 0, ""), consumerJSON("workers", 6, 2, "")) + `]}]}`
	for _, metadata := range []values{{"account": "shop"}, {"account": "", "accountID": "ASHOP"}, {"account": "whatever", "accountID": "ASHOP"}} {
		scalertest.WantValue(t, open(t, answers{"http://nats.example:8222/jsz": body}, metadata), 8)
	}
	scalertest.WantError(t, open(t, answers{"http://nats.example:8222/jsz": body}, nil), scalerkit.ErrNotFound,
		`read streams of account "$G": not found: there is no account "$G" with JetStream`)
}

func TestClusters(t *testing.T) {
	follows := streamJSON("orders", consumerJSON("workers", 1, 1, `,"cluster":{"leader":"nats-1","replicas":[{"name":"nats-1"},{"name":"nats-2"}]}`))
	leads := streamJSON("orders", consumerJSON("workers", 6, 2, `,"cluster":{"leader":"nats-1","replicas":[{"name":"nats-0"},{"name":"nats-2"}]}`))
	alone := streamJSON("orders", consumerJSON("workers", 6, 2, `,"cluster":{"leader":"nats-1"}`))
	for name, a := range map[string]answers{
		"the endpoint leads": {
			"http://nats.example:8222/jsz": jsz(2, leads), "http://nats.example:8222/varz": `{"connect_urls":["10.0.0.2:4222"]}`,
		},
		"another leads": {
			"http://nats.example:8222/jsz": jsz(3, follows), "http://nats.example:8222/varz": `{"connect_urls":["10.0.0.1:4222","10.0.0.2:4222"]}`,
			"http://10.0.0.1:8222/jsz": jsz(3, follows), "http://10.0.0.2:8222/jsz": jsz(3, leads),
		},
		"one is down that does not lead": {
			"http://nats.example:8222/jsz": jsz(3, follows), "http://nats.example:8222/varz": `{"connect_urls":["10.0.0.1:4222","10.0.0.2:4222"]}`,
			"http://10.0.0.2:8222/jsz": jsz(3, leads),
		},
		"nodes with addresses of IPv6": {
			"http://nats.example:8222/jsz": jsz(2, follows), "http://nats.example:8222/varz": `{"connect_urls":["[fd00::2]:4222"]}`,
			"http://[fd00::2]:8222/jsz": jsz(2, leads),
		},
		"nodes behind a headless Service": {
			"http://nats.example:8222/jsz": jsz(3, follows), "http://nats.example:8222/varz": `{"cluster":{"urls":["nats-0.nats.shop.svc:6222","nats-1.nats.shop.svc:6222"]}}`,
			"http://nats-0.nats.example:8222/jsz": jsz(3, follows), "http://nats-1.nats.example:8222/jsz": jsz(3, leads),
		},
		"routes by address": {
			"http://nats.example:8222/jsz": jsz(2, follows), "http://nats.example:8222/varz": `{"cluster":{"urls":["10.0.0.2:6222"]}}`,
			"http://10.0.0.2:8222/jsz": jsz(2, leads),
		},
		"one copy, elsewhere": {
			"http://nats.example:8222/jsz": jsz(2), "http://nats.example:8222/varz": `{"connect_urls":["10.0.0.2:4222"]}`,
			"http://10.0.0.2:8222/jsz": jsz(2, alone),
		},
	} {
		t.Run(name, func(t *testing.T) { scalertest.WantValue(t, open(t, a, nil), 8) })
	}
}

func TestErrors(t *testing.T) {
	const (
		read = `read streams of account "$G": `
		one  = "http://nats.example:8222/jsz"
		varz = "http://nats.example:8222/varz"
		down = `GET http://10.0.0.2:8222/jsz: no answer: nobody is there`
	)
	others := `{"connect_urls":["10.0.0.2:4222"]}`
	follows := jsz(2, streamJSON("orders", consumerJSON("workers", 1, 1, `,"cluster":{"leader":"nats-1","replicas":[{"name":"nats-1"}]}`)))
	for name, test := range map[string]struct {
		answers answers
		kind    error
		text    string
	}{
		"no stream":                {answers{one: jsz(1, streamJSON("x"))}, scalerkit.ErrNotFound, `not found: there is no stream "orders"`},
		"no consumer":              {answers{one: jsz(1, streamJSON("orders", consumerJSON("x", 1, 0, "")))}, scalerkit.ErrNotFound, `not found: stream "orders" has no consumer "workers"`},
		"half a number":            {answers{one: jsz(1, streamJSON("orders", `{"name":"workers","num_pending":3}`))}, nil, "the answer does not say what the consumer has to do"},
		"not NATS":                 {answers{one: `{"error":"x"}`}, nil, "GET http://nats.example:8222/jsz: this is not an answer of NATS: it has no server_id"},
		"no JetStream":             {answers{one: `{"server_id":"N","disabled":true}`}, nil, "GET http://nats.example:8222/jsz: JetStream is not enabled"},
		"nothing about the others": {answers{one: follows}, nil, "GET http://nats.example:8222/varz: no answer: nobody is there"},
		"a node without a port":    {answers{one: follows, varz: `{"connect_urls":["x"]}`}, nil, "GET http://nats.example:8222/varz: it names a node that is not host:port"},
		"no leader": {
			answers{one: jsz(2, streamJSON("orders", consumerJSON("workers", 1, 1, `,"cluster":{}`))), varz: others, "http://10.0.0.2:8222/jsz": jsz(2)},
			nil, `consumer "workers" of stream "orders" has no leader`,
		},
		"the leader is down": {
			answers{one: follows, varz: others}, nil,
			`consumer "workers" of stream "orders" has a leader, "nats-1", that gave no answer; another node: ` + down,
		},
		"the leader is not told": {
			answers{one: follows, varz: `{}`}, nil, `consumer "workers" of stream "orders" has a leader, "nats-1", that gave no answer`,
		},
		"a node is down that may have the stream": {
			answers{one: jsz(2), varz: others}, nil, `by the nodes that answered, there is no stream "orders"; another node: ` + down,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, test.answers, nil)
			scalertest.WantError(t, s, test.kind, read+test.text)
			if _, err := s.Read(t.Context()); test.kind == nil && errors.Is(err, scalerkit.ErrNotFound) {
				t.Errorf("%v is ErrNotFound, which is not known", err)
			}
		})
	}
}

func TestConfigErrors(t *testing.T) {
	for name, test := range map[string]struct {
		metadata values
		text     string
	}{
		"nothing": {values{}, "nats-jetstream trigger \"orders\": natsServerMonitoringEndpoint: is missing: let the authentication deliver it, or set it in the metadata\n" +
			"nats-jetstream trigger \"orders\": stream: is missing: set it in the metadata\nnats-jetstream trigger \"orders\": consumer: is missing: set it in the metadata\n" +
			"nats-jetstream trigger \"orders\": account: is missing: the stream is of an account: give its name, or its id as accountID"},
		"an endpoint that is none": {
			values{"natsServerMonitoringEndpoint": "nats.svc", "account": "$G", "stream": "s", "consumer": "c"},
			`nats-jetstream trigger "orders": natsServerMonitoringEndpoint: is not host:port, such as nats.nats.svc:8222`,
		},
		"a URL with a path": {
			values{"natsServerMonitoringEndpoint": "http://nats.svc:8222/jsz", "account": "$G", "stream": "s", "consumer": "c"},
			`nats-jetstream trigger "orders": natsServerMonitoringEndpoint: is not host:port, such as nats.nats.svc:8222`,
		},
		"useHttps beside http": {
			values{"natsServerMonitoringEndpoint": "http://nats.svc:8222", "useHttps": "true", "account": "$G", "stream": "s", "consumer": "c"},
			`nats-jetstream trigger "orders": natsServerMonitoringEndpoint: is not host:port, such as nats.nats.svc:8222`,
		},
		"a threshold of 0": {
			values{"natsServerMonitoringEndpoint": "n:8222", "lagThreshold": "0", "account": "$G", "stream": "s", "consumer": "c"},
			`nats-jetstream trigger "orders": lagThreshold: "0" is not greater than 0`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := nats.Driver().Open(scalerkit.Spec{Type: "nats-jetstream", Name: "orders", Metadata: test.metadata}, scalerkit.Options{})
			require.EqualError(t, err, test.text)
		})
	}
}
