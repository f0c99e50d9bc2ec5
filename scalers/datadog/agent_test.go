package datadog_test

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/datadog"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// openAgent opens a trigger on a Cluster Agent that answers everything so.
func openAgent(t *testing.T, metadata, auth values, answer http.HandlerFunc) scalerkit.Scaler {
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	spec := scalerkit.Spec{
		Metadata: values{"useClusterAgentProxy": "true", "datadogMetricName": "hits", "datadogMetricNamespace": "shop", "targetValue": "5"},
	}
	maps.Copy(spec.Metadata, metadata)
	all := values{"datadogMetricsService": "agent", "datadogNamespace": "datadog", "unsafeSsl": "true"}
	maps.Copy(all, auth)
	spec.Auth = scalerkit.Secrets(all)
	s, err := datadog.Driver().Open(spec, scalerkit.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "agent.datadog:8443" {
			t.Error("dialled", address)
		}
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestAMetricOfAClusterAgent(t *testing.T) {
	const url = "https://agent.datadog:8443/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/datadogmetric@shop:hits"
	const read = `read metric "hits" of namespace "shop": `
	item := func(value string) string {
		return `{"kind":"ExternalMetricValueList","items":[{"metricName":"x","timestamp":"2026-01-02T03:04:05Z","value":` + value + `}]}`
	}
	for name, c := range map[string]struct {
		status int
		body   string
		value  float64
		note   string // with a filler, of 1.5
		err    string
	}{
		"a number":       {status: 200, body: item("7"), value: 7},
		"a quantity":     {status: 200, body: item(`"1500m"`), value: 1.5},
		"a negative one": {status: 200, body: item(`"-2"`), note: "the result is -2, which counts as 0"},
		"no item":        {status: 200, body: `{"items":[]}`, err: read + "items.0.value in the answer: not found: there is no such thing"},
		"a text":         {status: 200, body: item(`"many"`), err: read + "items.0.value in the answer: is no number, nor a quantity such as 1500m or 2Ki"},
		"no time":        {status: 200, body: `{"items":{"0":{"value":7}}}`, err: read + "the answer is not the JSON that it should be: json: cannot unmarshal object into Go struct field .Items of type []struct { Timestamp time.Time }"},
		"none for now": {
			status: 422, body: `{"message":"not available"}`,
			note: "GET " + url + `: there is no value: 422 Unprocessable Entity: {"message":"not available"}: 1.5 counts`,
			err:  read + "GET " + url + `: there is no value: 422 Unprocessable Entity: {"message":"not available"}`,
		},
		"not there": {status: 404, body: `{"message":"no"}`, err: read + "GET " + url + `: not found: 404 Not Found: {"message":"no"}`},
		"denied":    {status: 403, body: `{"message":"no"}`, err: read + "GET " + url + `: access denied: 403 Forbidden: {"message":"no"}`},
		"an outage": {status: 500, err: read + "GET " + url + `: 500 Internal Server Error`},
	} {
		t.Run(name, func(t *testing.T) {
			var path string
			answer := func(w http.ResponseWriter, r *http.Request) {
				path = r.URL.Path
				says(c.status, c.body)(w, r)
			}
			s := openAgent(t, nil, nil, answer)
			require.Equal(t, "datadogmetric@shop-hits", s.Metric().Name)
			if c.err != "" {
				scalertest.WantError(t, s, nil, c.err)
			} else {
				scalertest.WantValue(t, s, c.value)
			}
			require.Equal(t, "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/datadogmetric@shop:hits", path)

			s = openAgent(t, values{"metricUnavailableValue": "1.5", "lastAvailablePointOffset": "1"}, nil, answer)
			if c.err != "" && c.note == "" {
				scalertest.WantError(t, s, nil, c.err)
				return
			}
			reading, err := s.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.note, reading.Note)
			if c.status == 200 {
				require.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), reading.Time)
			}
		})
	}
}

func TestWhoAsksAClusterAgent(t *testing.T) {
	var shown string
	answer := func(w http.ResponseWriter, r *http.Request) {
		shown = r.Header.Get("Authorization") + r.Header.Get("DD-API-KEY")
		_, _ = io.WriteString(w, `{"items":[{"value":"7"}]}`)
	}
	scalertest.WantValue(t, openAgent(t, nil, values{"apiKey": "unused"}, answer), 7)
	require.Empty(t, shown)
	scalertest.WantValue(t, openAgent(t, nil, values{"authMode": "bearer", "token": "secret"}, answer), 7)
	require.Equal(t, "Bearer secret", shown)
}
