package newrelic_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/newrelic"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func spec(region string, metadata values) scalerkit.Spec {
	s := scalerkit.Spec{
		Name:     "orders",
		Metadata: values{"account": "123", "region": region, "nrql": "SELECT 1", "threshold": "5"},
		Auth:     scalerkit.Secrets(values{"queryKey": "NRAK-hunter2"}),
	}
	maps.Copy(s.Metadata, metadata)
	return s
}

func open(t *testing.T, metadata values, answer http.HandlerFunc) scalerkit.Scaler {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	s, err := newrelic.Driver().Open(spec(server.URL, metadata), scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func TestWhichNumberCounts(t *testing.T) {
	const (
		read    = `read query "SELECT 1": `
		nothing = "the query has no result, which counts as 0"
		absent  = read + "not found: the query has no result"
	)
	for name, c := range map[string]struct {
		answer string
		value  float64
		note   string // without noDataError
		err    string // with
	}{
		"a count":          {answer: rows(`{"count":7}`), value: 7},
		"of a text, too":   {answer: rows(`{"appName":"shop","facet":["shop"],"average.duration":1.5}`), value: 1.5},
		"a percentile":     {answer: rows(`{"percentile.duration":{"95":2.5}}`), value: 2.5},
		"below zero":       {answer: rows(`{"sum.x":-2}`), note: "the result is -2, which counts as 0"},
		"several rows":     {answer: rows(`{"count":7},{"count":8}`), value: 7, note: "the result has 2 rows, of which the first counts"},
		"no row":           {answer: rows(""), note: nothing, err: absent},
		"null":             {answer: rows(`{"average.duration":null}`), note: nothing, err: absent},
		"an empty one":     {answer: rows(`{}`), note: nothing, err: absent},
		"null within":      {answer: rows(`{"percentile.duration":{"95":null}}`), note: nothing, err: absent},
		"two":              {answer: rows(`{"count":7,"average.duration":1.5}`), err: read + "the result has 2 numbers, average.duration, count: select one of them"},
		"two within":       {answer: rows(`{"percentile.duration":{"95":1,"99":2}}`), err: read + "the result has 2 numbers, percentile.duration.95, percentile.duration.99: select one of them"},
		"of a series":      {answer: rows(`{"beginTimeSeconds":1,"count":7,"endTimeSeconds":2}`), err: read + "the result has 3 numbers, beginTimeSeconds, count, endTimeSeconds: select one of them"},
		"a text":           {answer: rows(`{"latest.version":"7"}`), err: read + "the result has no number"},
		"no result at all": {answer: `{"data":{"actor":{"account":{"nrql":null}}}}`, err: read + "the answer has no results"},
		"no account":       {answer: `{"data":{"actor":{"account":null}}}`, err: read + "the answer has no results"},
		"an error":         {answer: `{"data":{"actor":{"account":{"nrql":{"results":[{"count":7}]}}}},"errors":[{"message":"NRQL Syntax Error"}]}`, err: read + "NRQL Syntax Error"},
	} {
		t.Run(name, func(t *testing.T) {
			strict := open(t, values{"noDataError": "true"}, says(c.answer))
			if c.err != "" {
				scalertest.WantError(t, strict, nil, c.err)
			} else {
				scalertest.WantValue(t, strict, c.value)
			}
			lax := open(t, nil, says(c.answer))
			if c.err != "" && c.note == "" {
				scalertest.WantError(t, lax, nil, c.err)
				return
			}
			reading, err := lax.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.value, reading.Value)
			require.Equal(t, c.note, reading.Note)
		})
	}
}

func TestKindsOfErrors(t *testing.T) {
	for class, want := range map[string]error{
		"UNAUTHORIZED": scalerkit.ErrDenied, "ACCESS_DENIED": scalerkit.ErrDenied, "FORBIDDEN": scalerkit.ErrDenied, "TOO_MANY_REQUESTS": scalerkit.ErrThrottled,
	} {
		s := open(t, nil, says(`{"errors":[{"message":"key NRAK-hunter2","extensions":{"errorClass":"`+class+`"}}]}`))
		scalertest.WantError(t, s, want, `read query "SELECT 1": `+want.Error()+`: key [redacted]`)
	}
}

func TestTheRequest(t *testing.T) {
	var asked request
	s := open(t, values{"nrql": "SELECT count(*)\nFROM \"Transaction\""}, func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Method != http.MethodPost {
			t.Error(r.Method, err)
		}
		says(rows(`{"count":7}`))(w, r)
	})
	scalertest.WantValue(t, s, 7)
	require.Equal(t, 123, asked.Variables.Account)
	require.Equal(t, "SELECT count(*)\nFROM \"Transaction\"", asked.Variables.NRQL)
	require.Equal(t, scalerkit.Metric{Name: "new-relic", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}, s.Metric())
}

func TestRegions(t *testing.T) {
	for region, host := range map[string]string{
		"": "api.newrelic.com", "us": "api.newrelic.com", "EU": "api.eu.newrelic.com", "jp": "api.jp.newrelic.com",
		"GOV": "gov-api.newrelic.com", "FedRAMP": "gov-api.newrelic.com", "Staging": "staging-api.newrelic.com", "LOCAL": "localhost:3000",
	} {
		var asked string
		s, err := newrelic.Driver().Open(spec(region, nil), scalerkit.Options{HTTPClient: &http.Client{Transport: transport(func(r *http.Request) {
			asked = r.URL.Host + r.URL.Path
		})}})
		require.NoError(t, err)
		scalertest.WantValue(t, s, 7)
		require.Equal(t, host+"/graphql", asked)
		require.NoError(t, s.Close())
	}
}

// A transport answers what it is asked by itself.
type transport func(*http.Request)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	w := httptest.NewRecorder()
	says(rows(`{"count":7}`))(w, r)
	return w.Result(), nil
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `new-relic trigger "orders": `
	for want, metadata := range map[string]values{
		trigger + `region: is neither one of US, EU, JP, GOV, STAGING, LOCAL, nor the URL of NerdGraph`: {"region": "MARS"},
		trigger + `threshold: "0" is not greater than 0`:                                                {"threshold": "0"},
		trigger + `account: "0" is less than 1`:                                                         {"account": "0"},
	} {
		_, err := newrelic.Driver().Open(spec("US", metadata), scalerkit.Options{})
		require.EqualError(t, err, want)
	}
	s := spec("US", nil)
	s.Auth = nil
	_, err := newrelic.Driver().Open(s, scalerkit.Options{})
	require.EqualError(t, err, trigger+"queryKey: is missing: requests need it")
}
