package dynatrace_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/dynatrace"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func spec(host string, metadata values) scalerkit.Spec {
	s := scalerkit.Spec{
		Name:     "orders",
		Metadata: values{"host": host, "threshold": "5"},
		Auth:     scalerkit.Secrets(values{"token": "dt0c01.hunter2"}),
	}
	maps.Copy(s.Metadata, metadata)
	return s
}

func open(t *testing.T, metadata values, answer http.HandlerFunc) (s scalerkit.Scaler, url string) {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	s, err := dynatrace.Driver().Open(spec(server.URL, metadata), scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, server.URL
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func TestWhichPointCounts(t *testing.T) {
	const read = `read metric "x:fold": not found: `
	for name, c := range map[string]struct {
		answer string
		value  float64
		note   string
		err    string
	}{
		"the only one": {answer: series(`{"timestamps":[5000],"values":[7.5]}`), value: 7.5},
		"the oldest":   {answer: series(`{"timestamps":[5000,6000],"values":[1,2]}`), value: 1, note: "the result has 1 series, the first of 2 points, of which the oldest counts"},
		"of two":       {answer: series(`{"timestamps":[5000],"values":[1]},{"values":[2]}`), value: 1, note: "the result has 2 series, the first of 1 points, of which the oldest counts"},
		"below zero":   {answer: series(`{"timestamps":[5000],"values":[-2]}`), note: "the result is -2, which counts as 0"},
		"null":         {answer: series(`{"timestamps":[5000],"values":[null]}`), err: read + "the first point of the result has no value"},
		"no point":     {answer: series(`{"timestamps":[],"values":[]}`), err: read + "the result has no point"},
		"no series":    {answer: series(""), err: read + "the result has no point"},
		"no result":    {answer: `{"result":[]}`, err: read + "the result has no point"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, values{"metricSelector": "x:fold"}, says(c.answer))
			if c.err != "" {
				scalertest.WantError(t, s, scalerkit.ErrNotFound, c.err)
				return
			}
			reading, err := s.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.value, reading.Value)
			require.Equal(t, c.note, reading.Note)
			require.Equal(t, time.Unix(5, 0), reading.Time)
		})
	}
}

func TestTheRequestForAMetric(t *testing.T) {
	for from, want := range map[string]string{"": "now-2h", "now-5m": "now-5m"} {
		var asked string
		s, _ := open(t, values{"metricSelector": `a:filter(eq("b","c&d")):fold`, "from": from}, func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.Path + " " + r.FormValue("metricSelector") + " " + r.FormValue("from")
			says(series(`{"timestamps":[5000],"values":[7]}`))(w, r)
		})
		scalertest.WantValue(t, s, 7)
		require.Equal(t, `/api/v2/metrics/query a:filter(eq("b","c&d")):fold `+want, asked)
		require.Equal(t, "dynatrace", s.Metric().Name)
	}
}

// A grail answers the beginning of a query, and each time that it is asked for.
func grail(t *testing.T, status int, begin string, polls ...string) (handler http.HandlerFunc, asked *[]string) {
	asked = new([]string)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			var body map[string]any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			*asked = append(*asked, fmt.Sprint(r.URL.Path, " ", body))
			w.WriteHeader(status)
			_, _ = io.WriteString(w, begin)
			return
		}
		*asked = append(*asked, r.URL.Path+" "+r.FormValue("request-token"))
		n := len(*asked) - 2
		_, _ = io.WriteString(w, polls[min(n, len(polls)-1)])
	}, asked
}

func TestQueries(t *testing.T) {
	const (
		read    = `read query "fetch x": `
		path    = "/platform/storage/query/v1/query"
		running = `{"state":"RUNNING","requestToken":"a+b=="}`
		started = `{"state":"NOT_STARTED","requestToken":"a+b=="}`
	)
	for name, c := range map[string]struct {
		status int
		begin  string
		polls  []string
		value  float64
		err    string
	}{
		"done at once":      {status: 200, begin: records(`{"r":7}`), value: 7},
		"accepted and done": {status: 202, begin: `{"state":"SUCCEEDED","requestToken":"t"}`, polls: []string{records(`{"r":7}`)}, value: 7},
		"later":             {status: 202, begin: started, polls: []string{started, running, records(`{"r":7}`)}, value: 7},
		"an integer":        {status: 202, begin: running, polls: []string{records(`{"r":"7"}`)}, value: 7},
		"below zero":        {status: 202, begin: running, polls: []string{records(`{"r":-7}`)}},
		"no record":         {status: 202, begin: running, polls: []string{records("")}, err: "result.records.0.r in the answer: not found: there is no such thing"},
		"no r":              {status: 202, begin: running, polls: []string{records(`{"s":7}`)}, err: "result.records.0.r in the answer: not found: there is no such thing"},
		"null":              {status: 202, begin: running, polls: []string{records(`{"r":null}`)}, err: "result.records.0.r in the answer: is no number but Null"},
		"failed":            {status: 202, begin: running, polls: []string{`{"state":"FAILED"}`}, err: `the state of the query is "FAILED"`},
		"cancelled":         {status: 202, begin: running, polls: []string{`{"state":"CANCELLED"}`}, err: `the state of the query is "CANCELLED"`},
		"gone":              {status: 202, begin: running, polls: []string{`{"state":"RESULT_GONE"}`}, err: `the state of the query is "RESULT_GONE"`},
		"failed at once":    {status: 202, begin: `{"state":"FAILED"}`, err: `the state of the query is "FAILED"`},
		"without a token":   {status: 202, begin: `{"state":"RUNNING"}`, err: "the answer has no requestToken"},
		"never":             {status: 202, begin: running, polls: []string{running}, err: "the query is not done after it was asked for 3 times"},
	} {
		t.Run(name, func(t *testing.T) {
			handler, asked := grail(t, c.status, c.begin, c.polls...)
			s, _ := open(t, values{"query": "fetch x", "queryPollingTries": "3", "queryPollingWait": "0s"}, handler)
			if c.err != "" {
				scalertest.WantError(t, s, nil, read+c.err)
			} else {
				scalertest.WantValue(t, s, c.value)
			}
			require.Equal(t, path+":execute map[fetchTimeoutSeconds:10 query:fetch x]", (*asked)[0])
			if strings.Contains(c.begin, "a+b==") {
				require.Equal(t, path+":poll a+b==", (*asked)[1])
			}
		})
	}
}

func TestAReadThatEndsWhileItWaits(t *testing.T) {
	const running = `{"state":"RUNNING","requestToken":"t"}`
	ctx, cancel := context.WithCancel(t.Context())
	handler, _ := grail(t, 202, running, running)
	s, _ := open(t, values{"query": "fetch x", "queryPollingWait": "1h"}, func(w http.ResponseWriter, r *http.Request) {
		handler(w, r)
		if r.Method == http.MethodGet {
			cancel()
		}
	})
	_, err := s.Read(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `dynatrace trigger "orders": `
	for want, metadata := range map[string]values{
		trigger + "metricSelector: is missing: give it, or query":                        nil,
		trigger + "query: and metricSelector are both set: keep one of the two":          {"query": "q", "metricSelector": "m"},
		trigger + "from: goes with a metricSelector: a query says itself when it begins": {"query": "q", "from": "now-5m"},
		trigger + "host: is not the URL of a server: want https:// and a host":           {"metricSelector": "m", "host": "ftp://abc"},
		trigger + `queryPollingTries: "0" is less than 1`:                                {"query": "q", "queryPollingTries": "0"},
		trigger + `threshold: "0" is not greater than 0`:                                 {"query": "q", "threshold": "0"},
	} {
		_, err := dynatrace.Driver().Open(spec("https://abc.live.dynatrace.com", metadata), scalerkit.Options{})
		require.EqualError(t, err, want)
	}
	s := spec("https://abc.live.dynatrace.com", values{"query": "q"})
	s.Auth = nil
	_, err := dynatrace.Driver().Open(s, scalerkit.Options{})
	require.EqualError(t, err, trigger+"token: is missing: requests need it")
}

func TestAHostWithoutAScheme(t *testing.T) {
	var asked string
	s, err := dynatrace.Driver().Open(spec("abc.live.dynatrace.com/", values{"metricSelector": "m"}), scalerkit.Options{HTTPClient: &http.Client{Transport: transport(func(r *http.Request) {
		asked = r.URL.Scheme + "://" + r.URL.Host + r.URL.Path
	})}})
	require.NoError(t, err)
	scalertest.WantValue(t, s, 7)
	require.Equal(t, "https://abc.live.dynatrace.com/api/v2/metrics/query", asked)
	require.NoError(t, s.Close())
}

// A transport answers what it is asked by itself.
type transport func(*http.Request)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	w := httptest.NewRecorder()
	says(series(`{"timestamps":[5000],"values":[7]}`))(w, r)
	return w.Result(), nil
}
