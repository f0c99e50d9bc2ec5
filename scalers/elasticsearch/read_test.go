package elasticsearch_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/elasticsearch"
)

// answering starts a server that answers everything so.
func answering(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, o scalerkit.Options, metadata values) scalerkit.Scaler {
	spec := scalerkit.Spec{Name: "orders", Metadata: values{
		"index": "keda", "query": "{}", "valueLocation": "hits.total.value", "targetValue": "5",
	}}
	for key, value := range metadata {
		spec.Metadata[key] = value
	}
	s, err := elasticsearch.Driver().Open(spec, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestWhatAnAnswerComesTo(t *testing.T) {
	const read = "read search in keda: "
	aggregation := func(value string) string {
		return strings.TrimSuffix(hits(0), "}") + `,"aggregations":{"a":{"value":` + value + `}}}`
	}
	for name, c := range map[string]struct {
		status   int
		answer   string
		location string
		value    float64
		note     string // of a value, with ignoreNullValues
		err      string // without
	}{
		"a number":    {answer: hits(7), location: "hits.total.value", value: 7},
		"a text":      {answer: aggregation(`"1.5"`), location: "aggregations.a.value", value: 1.5},
		"below zero":  {answer: aggregation("-2"), location: "aggregations.a.value", note: "the result is -2, which counts as 0"},
		"more hits":   {answer: strings.Replace(hits(10000), `"eq"`, `"gte"`, 1), location: "hits.total.value", value: 10000, note: "there are more hits than the server counted: a track_total_hits in the query has it count all"},
		"null":        {answer: aggregation("null"), location: "aggregations.a.value", note: `"aggregations.a.value" in the answer is null or not there, which counts as 0`, err: read + `"aggregations.a.value" in the answer: is no number but Null`},
		"not there":   {answer: hits(7), location: "a.b", note: `"a.b" in the answer is null or not there, which counts as 0`, err: read + `"a.b" in the answer: not found: there is no such thing`},
		"a mapping":   {answer: hits(7), location: "hits.total", err: read + `"hits.total" in the answer: is no number but JSON`},
		"another":     {answer: aggregation(`"many"`), location: "aggregations.a.value", err: read + `"aggregations.a.value" in the answer: is no number, nor a quantity such as 1500m or 2Ki`},
		"too slow":    {answer: strings.Replace(hits(7), `"timed_out":false`, `"timed_out":true`, 1), location: "hits.total.value", err: read + "the answer is partial: the search took too long"},
		"not all":     {answer: strings.Replace(hits(7), `"failed":0`, `"failed":1,"failures":[{"reason":{"reason":"no\nmemory"}}]`, 1), location: "hits.total.value", err: read + "the answer is partial: 1 of 1 shards failed: no memory"},
		"no search's": {answer: `{"count":1}`, location: "hits.total.value", err: read + "the answer is not that of a search"},
		"a page":      {answer: `<!DOCTYPE html>"_shards":{"failed":0}`, location: "hits.total.value", err: read + "the answer is not that of a search"},
	} {
		t.Run(name, func(t *testing.T) {
			server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.answer) })
			for _, ignore := range []string{"true", "false"} {
				s := open(t, scalerkit.Options{}, values{"addresses": server, "valueLocation": c.location, "ignoreNullValues": ignore})
				reading, err := s.Read(t.Context())
				if c.err != "" && (c.note == "" || ignore == "false") {
					require.EqualError(t, err, c.err)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, scalerkit.Reading{Value: c.value, Note: c.note}, scalerkit.Reading{Value: reading.Value, Note: reading.Note})
			}
		})
	}
}

// With ignoreNullValues, KEDA takes these for an answer without a value.
func TestAFailureIsNoNullValue(t *testing.T) {
	for status, c := range map[int]struct{ answer, want string }{
		404: {`{"error":{"type":"index_not_found_exception","reason":"no such index [keda]"},"status":404}`, "not found: 404 Not Found: index_not_found_exception: no such index [keda]"},
		500: {"out of memory", "500 Internal Server Error: out of memory"},
		401: {`{"error":{"type":"security_exception","reason":"unable to authenticate user with hunter2"}}`, "access denied: 401 Unauthorized: security_exception: unable to authenticate user with [redacted]"},
	} {
		server := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, c.answer)
		})
		for _, login := range []values{{"username": "user", "password": "hunter2"}, {"apiKey": "hunter2"}} {
			login["addresses"], login["ignoreNullValues"] = server, "true"
			_, err := open(t, scalerkit.Options{}, login).Read(t.Context())
			require.EqualError(t, err, "read search in keda: POST "+server+"/keda/_search: "+c.want)
		}
	}
}

func TestTheRequest(t *testing.T) {
	for _, c := range []struct {
		metadata values
		want     string
	}{
		{values{"index": "a; b-*", "query": `{"size":0}`}, `POST /a,b-%2A/_search {"size":0}`},
		{values{"index": "<logs-{now/d}>"}, "POST /%3Clogs-%7Bnow%2Fd%7D%3E/_search {}"},
		{values{"index": "%3Clogs-%7Bnow%2Fd%7D%3E"}, "POST /%3Clogs-%7Bnow%2Fd%7D%3E/_search {}"},
		{values{"query": "", "searchTemplateName": "waiting"}, `POST /keda/_search/template {"id":"waiting"}`},
		{values{"query": "", "searchTemplateName": "waiting", "parameters": "since: 12:30; status:new ;"}, `POST /keda/_search/template {"id":"waiting","params":{"since":"12:30","status":"new"}}`},
	} {
		got := ""
		server := answering(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = r.Method + " " + r.RequestURI + " " + string(body)
			require.Equal(t, "application/json", r.Header.Get("Content-Type"))
			_, _ = io.WriteString(w, hits(1))
		})
		c.metadata["addresses"] = server + "/"
		_, err := open(t, scalerkit.Options{}, c.metadata).Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestEqualSearchesAreAskedOnce(t *testing.T) {
	asked := 0
	server := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = io.WriteString(w, hits(7))
	})
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	results := scalerkit.ReadAll(t.Context(),
		open(t, options, values{"addresses": server}),
		open(t, options, values{"addresses": server, "valueLocation": "took"}),
		open(t, options, values{"addresses": server, "valueLocation": "hits.none"}),
	)
	require.Equal(t, []float64{7, 1}, []float64{results[0].Reading.Value, results[1].Reading.Value})
	require.ErrorIs(t, results[2].Err, scalerkit.ErrNotFound)
	require.Equal(t, 1, asked)
}

// Of a cluster, the node that answered last is asked, and another only if there
// is no answer.
func TestNodesStandInForEachOther(t *testing.T) {
	var asked []string
	node := func(name string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked = append(asked, name)
			_, _ = io.WriteString(w, hits(7))
		}))
		t.Cleanup(s.Close)
		return s
	}
	a, b := node("a"), node("b")
	s := open(t, scalerkit.Options{}, values{"addresses": a.URL + "," + b.URL})
	read := func() error {
		_, err := s.Read(t.Context())
		return err
	}
	require.NoError(t, read())
	a.Close()
	require.NoError(t, read())
	require.NoError(t, read())
	require.Equal(t, []string{"a", "b", "b"}, asked)
	b.Close()
	err := read()
	require.ErrorContains(t, err, "read search in keda: POST "+b.URL+"/keda/_search: no answer: ")
	require.ErrorContains(t, err, "; POST "+a.URL+"/keda/_search: no answer: ")
}
