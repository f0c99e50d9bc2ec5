package datadog_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/datadog"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// open opens a trigger on a server that answers everything so.
func open(t *testing.T, metadata values, answer http.HandlerFunc) (s scalerkit.Scaler, url string) {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	spec := scalerkit.Spec{
		Metadata: values{"query": "sum:orders{*}", "targetValue": "5"},
		Auth:     scalerkit.Secrets(values{"datadogSite": server.URL, "apiKey": "api-secret", "appKey": "app-secret"}),
	}
	maps.Copy(spec.Metadata, metadata)
	s, err := datadog.Driver().Open(spec, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, server.URL
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestWhichPointCounts(t *testing.T) {
	const query = `read query "sum:orders{*}": `
	for name, c := range map[string]struct {
		metadata values
		answer   string
		value    float64
		at       int64
		note     string // with a filler, of 1.5
		err      string // without
	}{
		"the last":              {answer: answer(points("[1000,1],[2000,2]")), value: 2, at: 2},
		"the last with a value": {answer: answer(points("[1000,1],[2000,2],[3000,null],[4000,null]")), value: 2, at: 2},
		"one before":            {values{"lastAvailablePointOffset": "1"}, answer(points("[1000,1],[2000,2],[3000,null]")), 1, 1, "", ""},
		"the larger":            {values{"queryAggregator": "max"}, answer(points("[1000,3]") + "," + points("[2000,2]")), 3, 1, "", ""},
		"the mean":              {values{"queryAggregator": "average"}, answer(points("[3000,3]") + "," + points("[2000,2]") + "," + points("[4000,7]")), 4, 2, "", ""},
		"a negative one":        {answer: answer(points("[1000,-2]")), at: 1, note: "the result is -2, which counts as 0"},

		"no series":    {answer: answer(""), note: "not found: there is no value: the query has no result: 1.5 counts", err: query + "not found: there is no value: the query has no result"},
		"no points":    {answer: answer(points("")), note: "there is no value in one of 0 points: 1.5 counts", err: query + "there is no value in one of 0 points"},
		"no value":     {answer: answer(points("[1000,null]")), note: "there is no value in one of 1 points: 1.5 counts", err: query + "there is no value in one of 1 points"},
		"too few":      {values{"lastAvailablePointOffset": "2"}, answer(points("[1000,1],[2000,2]")), 0, 0, "there is no value in one of 2 points: 1.5 counts", query + "there is no value in one of 2 points"},
		"null before":  {values{"lastAvailablePointOffset": "1"}, answer(points("[1000,null],[2000,2]")), 0, 0, "there is no value in one of 2 points: 1.5 counts", query + "there is no value in one of 2 points"},
		"one of two":   {values{"queryAggregator": "max"}, answer(points("[1000,1]") + "," + points("")), 0, 0, "there is no value in one of 0 points: 1.5 counts", query + "there is no value in one of 0 points"},
		"several":      {answer: answer(points("[1000,1]") + "," + points("[1000,2]")), err: query + "the result has 2 series and not one: set queryAggregator, or make one of them"},
		"half a point": {answer: answer(points("[1000]")), err: query + "a point is not the pair of a time and a number that it should be"},
		"an error":     {answer: `{"status":"error","error":"bad query"}`, err: query + `the status of the answer is "error" and not ok: bad query`},
		"no status":    {answer: `{"series":[]}`, err: query + `the status of the answer is "" and not ok:`},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, c.metadata, says(http.StatusOK, c.answer))
			if c.err != "" {
				scalertest.WantError(t, s, nil, c.err)
			} else {
				reading, err := s.Read(t.Context())
				require.NoError(t, err)
				require.Equal(t, c.value, reading.Value)
				require.Equal(t, c.note, reading.Note)
				require.Equal(t, c.at, reading.Time.Unix())
			}
			with := maps.Clone(c.metadata)
			if with == nil {
				with = values{}
			}
			with["metricUnavailableValue"] = "1.5"
			s, _ = open(t, with, says(http.StatusOK, c.answer))
			if c.err != "" && c.note == "" {
				scalertest.WantError(t, s, nil, c.err)
				return
			}
			reading, err := s.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.note, reading.Note)
			if c.err != "" {
				require.Equal(t, 1.5, reading.Value)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	s, url := open(t, nil, says(http.StatusUnprocessableEntity, "no such metric"))
	scalertest.WantError(t, s, nil, `read query "sum:orders{*}": GET `+url+`/api/v1/query: there is no value: 422 Unprocessable Entity: no such metric`)
	s, _ = open(t, values{"metricUnavailableValue": "-1"}, says(http.StatusUnprocessableEntity, ""))
	scalertest.WantValue(t, s, 0)
	s, url = open(t, values{"metricUnavailableValue": "1"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Reset", "42")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	scalertest.WantError(t, s, scalerkit.ErrThrottled, `read query "sum:orders{*}": GET `+url+`/api/v1/query: throttled for 42s: 429 Too Many Requests`)
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusBadGateway} {
		s, _ = open(t, values{"metricUnavailableValue": "1"}, says(status, "no"))
		_, err := s.Read(t.Context())
		require.Error(t, err, "an outage is no value that is missing")
	}
}

func TestTheRequest(t *testing.T) {
	var from, to, query string
	s, _ := open(t, values{"age": "120", "timeWindowOffset": "3600", "query": "avg:a{b:c & d}.as_count()"}, func(w http.ResponseWriter, r *http.Request) {
		from, to, query = r.FormValue("from"), r.FormValue("to"), r.FormValue("query")
		_, _ = io.WriteString(w, answer(points("[1000,1]")))
	})
	scalertest.WantValue(t, s, 1)
	require.Equal(t, "avg:a{b:c & d}.as_count()", query)
	number := func(text string) time.Time {
		t.Helper()
		n, err := time.ParseDuration(text + "s")
		require.NoError(t, err)
		return time.Unix(0, 0).Add(n)
	}
	require.Equal(t, 120*time.Second, number(to).Sub(number(from)))
	require.InDelta(t, time.Since(number(to)).Seconds(), 3600, 60)
	require.Equal(t, "datadog-avg-a", s.Metric().Name)
}
