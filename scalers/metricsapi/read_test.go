package metricsapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/metricsapi"
)

type values = map[string]string

func answering(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, lookup metricsapi.Lookup, metadata values) scalerkit.Scaler {
	metadata["targetValue"] = "5"
	s, err := metricsapi.Driver(lookup).Open(scalerkit.Spec{Name: "orders", Metadata: metadata}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestWhereTheNumberIs(t *testing.T) {
	for _, c := range []struct {
		format, body, location string
		value                  float64
		note, err              string
	}{
		{"json", `{"queues":[{"name":"a","length":"1500m"}]}`, `queues.#(name=="a").length`, 1.5, "", ""},
		{"json", `{"negative":-1}`, "negative", 0, "", "is -1, which is not a finite number of at least 0"},
		{"json", `{"a":1}`, "b", 0, "", "not found: there is no such thing"},
		{"yaml", "queues:\n- length: 7\n- length: .inf\n", "queues.0.length", 7, "", ""},
		{"yaml", "queues:\n- length: 7\n- length: .inf\n", "queues.1.length", 0, "", "is +Inf, which is not a finite number of at least 0"},
		{"yaml", "a: b: c", "a", 0, "", "it is not YAML"},
		{"xml", `<root><queue size="3"/></root>`, "queue.@size", 3, "", ""},
		{"prometheus", "a{b=\"c\"} 7\na 8\n", "a", 7, "2 samples match, of which the first counts", ""},
		{"prometheus", "a{b=\"c\"} 7\na 8\n", `a{b=""}`, 8, "", ""},
		{"prometheus", "a NaN\n", "a", 0, "", "is NaN, which is not a finite number of at least 0"},
	} {
		server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) })
		reading, err := open(t, nil, values{"url": server, "format": c.format, "valueLocation": c.location}).Read(t.Context())
		if c.err != "" {
			require.EqualError(t, err, fmt.Sprintf("read metrics: %q in the answer: %s", c.location, c.err))
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.value, reading.Value)
		require.Equal(t, c.note, reading.Note)
	}
}

func TestTriggersOnOneURLShareItsAnswer(t *testing.T) {
	var asked atomic.Int64
	server := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"a":1,"b":2}`)
	})
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	for _, location := range []string{"a", "b", "c"} {
		s, err := metricsapi.New(metricsapi.Config{URL: server, Location: location, Target: 1}, options)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		scalers = append(scalers, s)
	}
	require.Equal(t, "metric-api-a", scalers[0].Metric().Name)
	results := scalerkit.ReadAll(t.Context(), scalers...)
	require.Equal(t, []float64{1, 2}, []float64{results[0].Reading.Value, results[1].Reading.Value})
	require.ErrorIs(t, results[2].Err, scalerkit.ErrNotFound)
	require.EqualValues(t, 1, asked.Load())
}

func TestAllEndpointsOfAService(t *testing.T) {
	var addresses []string
	for _, n := range []string{"1", "2", "6"} {
		server := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if r.RequestURI != "/metrics?a=b" {
				w.WriteHeader(http.StatusNotFound)
			}
			_, _ = io.WriteString(w, n)
		})
		addresses = append(addresses, strings.TrimPrefix(server, "http://"))
	}
	down := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	down = strings.TrimPrefix(down, "http://")
	for _, c := range []struct {
		aggregation string
		addresses   []string
		want        float64
		err         string
	}{
		{"", addresses, 3, ""},
		{"average", addresses, 3, ""},
		{"sum", slices.Concat(addresses, addresses), 9, ""}, // each counts once
		{"max", addresses, 6, ""},
		{"min", addresses, 1, ""},
		{"sum", slices.Concat(addresses, []string{down}), 0, "read metrics: one of 4 endpoints: GET http://" + down + "/metrics: 500 Internal Server Error"},
		{"sum", nil, 0, "read metrics: no endpoint of Service orders in namespace shop is ready"},
	} {
		lookup := func(_ context.Context, namespace, service string, port int) ([]string, error) {
			require.Equal(t, []any{"shop", "orders", 8080}, []any{namespace, service, port})
			return c.addresses, nil
		}
		metadata := values{"url": "http://orders.shop:8080/metrics?a=b", "valueLocation": "@this", "aggregateFromKubeServiceEndpoints": "true"}
		if c.aggregation != "" {
			metadata["aggregationType"] = c.aggregation
		}
		reading, err := open(t, lookup, metadata).Read(t.Context())
		if c.err != "" {
			require.EqualError(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, reading.Value, c.aggregation)
	}
	fails := func(context.Context, string, string, int) ([]string, error) { return nil, errors.New("no cluster") }
	_, err := open(t, fails, values{"url": "https://orders.shop.svc", "valueLocation": "a", "aggregateFromKubeServiceEndpoints": "true"}).Read(t.Context())
	require.EqualError(t, err, "read metrics: look up the endpoints of Service orders in namespace shop: no cluster")
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `metrics-api trigger "orders": `
	lookup := func(context.Context, string, string, int) ([]string, error) { return nil, nil }
	for want, c := range map[string]struct {
		lookup   metricsapi.Lookup
		metadata values
	}{
		trigger + "aggregateFromKubeServiceEndpoints: does not go with this program, which cannot look up the endpoints of a Service":           {nil, values{"aggregateFromKubeServiceEndpoints": "true"}},
		trigger + "url: does not name a Service and its namespace, such as http://orders.shop:8080/metrics":                                     {lookup, values{"aggregateFromKubeServiceEndpoints": "true", "url": "http://10.0.0.1:8080"}},
		trigger + `format: "jsn" is not one of json, yaml, xml, prometheus; did you mean "json"?`:                                               {nil, values{"format": "jsn"}},
		trigger + `valueLocation: is not a selector such as queue_length{name="orders"}: the value of name is not in quotes`:                    {nil, values{"format": "prometheus", "valueLocation": "a{name=b}"}},
		trigger + `valueLocation: is not a selector such as queue_length{name="orders"}: its labels are not such as name="value"`:               {nil, values{"format": "prometheus", "valueLocation": `a{name="b"`}},
		trigger + `valueLocation: is not a selector such as queue_length{name="orders"}: it has no name`:                                        {nil, values{"format": "prometheus", "valueLocation": `{name="b"}`}},
		trigger + `valueLocation: is not a selector such as queue_length{name="orders"}: there is "> 1" behind it`:                              {nil, values{"format": "prometheus", "valueLocation": `a{name="b"} > 1`}},
		trigger + "valueLocation: is not a selector such as queue_length{name=\"orders\"}: error parsing regexp: missing closing ): `^(?s:()$`": {nil, values{"format": "prometheus", "valueLocation": `a{name=~"("}`}},
	} {
		metadata := values{"url": "http://orders.shop", "valueLocation": "a", "targetValue": "1"}
		for key, value := range c.metadata {
			metadata[key] = value
		}
		_, err := metricsapi.Driver(c.lookup).Open(scalerkit.Spec{Name: "orders", Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}

// TestATriggerWithoutAURLOpens since others beside it, or a fallback, may serve.
func TestATriggerWithoutAURLOpens(t *testing.T) {
	var warnings []string
	s, err := metricsapi.Driver(nil).Open(scalerkit.Spec{Name: "orders", Metadata: values{"url": "orders:8080", "valueLocation": "a", "targetValue": "1"}},
		scalerkit.Options{Warn: func(e scalerkit.ConfigError) { warnings = append(warnings, e.Error()) }})
	require.NoError(t, err)
	defer s.Close()
	require.Equal(t, []string{`metrics-api trigger "orders": url: is not a URL, and no reading will succeed: want http:// or https://, and a host`}, warnings)
	_, err = s.Read(t.Context())
	require.EqualError(t, err, "read metrics: the url is none: want http:// or https://, and a host")
}
