package loki_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/loki"
)

func open(t *testing.T, metadata values) (scalerkit.Scaler, error) {
	spec := scalerkit.Spec{Name: "orders", Metadata: values{"serverAddress": "http://loki", "query": "sum(x)", "threshold": "0.7"}}
	for key, value := range metadata {
		spec.Metadata[key] = value
	}
	s, err := loki.Driver().Open(spec, scalerkit.Options{})
	if err == nil {
		t.Cleanup(func() { require.NoError(t, s.Close()) })
	}
	return s, err
}

// answering starts a server that answers everything so.
func answering(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func TestWhatAnAnswerComesTo(t *testing.T) {
	const query = `read query "sum(x)": `
	data := func(kind, result string) string {
		return `{"status":"success","data":{"resultType":"` + kind + `","result":` + result + `}}`
	}
	for name, c := range map[string]struct {
		answer string
		value  float64
		note   string // of a value, with ignoreNullValues
		err    string // without
	}{
		"a number":        {answer: vector(`{"value":[1,"0.85"]}`), value: 0.85},
		"a scalar":        {answer: data("scalar", `[1,"3"]`), value: 3},
		"no series":       {answer: vector(""), note: "the query has no result, which counts as 0", err: query + "not found: the query has no result"},
		"an empty value":  {answer: vector(`{"value":[]}`), note: "the result has no value, which counts as 0", err: query + "the result has no value"},
		"null":            {answer: vector(`{"value":[1,null]}`), note: "the result has no value, which counts as 0", err: query + "the result has no value"},
		"NaN":             {answer: vector(`{"value":[1,"NaN"]}`), note: "the result is NaN, which counts as 0", err: query + "the result is NaN"},
		"infinite":        {answer: vector(`{"value":[1,"+Inf"]}`), note: "the result is +Inf, which counts as 0", err: query + "the result is +Inf"},
		"half a value":    {answer: vector(`{"value":[1]}`), err: query + "the value is not the pair of a time and a number, as text, that it should be"},
		"a bare number":   {answer: vector(`{"value":[1,7]}`), err: query + "the value is not the pair of a time and a number, as text, that it should be"},
		"several series":  {answer: vector(`{"value":[1,"1"]},{"value":[1,"2"]}`), err: query + "the result has 2 series and not one: make one of them, with sum() or max(), say"},
		"log lines":       {answer: data("streams", `[{"stream":{},"values":[["1","x"]]}]`), err: query + `the result is a "streams": it should be an instant vector or a scalar`},
		"partial results": {answer: strings.Replace(vector(`{"value":[1,"1"]}`), "{", `{"warnings":["maximum number of series reached"],`, 1), err: query + "the answer is partial: maximum number of series reached"},
	} {
		t.Run(name, func(t *testing.T) {
			server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.answer) })
			for _, ignore := range []string{"true", "false"} {
				s, err := open(t, values{"serverAddress": server, "ignoreNullValues": ignore})
				require.NoError(t, err)
				reading, err := s.Read(t.Context())
				if c.err != "" && (c.note == "" || ignore == "false") {
					require.EqualError(t, err, c.err)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, scalerkit.Reading{Value: c.value, Note: c.note}, scalerkit.Reading{Value: reading.Value, Note: reading.Note})
				require.Equal(t, c.value > 0, reading.IsActive(s.Metric()))
			}
		})
	}
}

func TestTheRequest(t *testing.T) {
	long := strings.Repeat("a", 7000)
	for _, c := range []struct{ path, query, want string }{
		{"", "sum(x)", "GET /loki/api/v1/query?query=sum%28x%29 "},
		{"/", "x", "GET /loki/api/v1/query?query=x "},
		{"/loki", "x", "GET /loki/api/v1/query?query=x "},
		{"/logs/loki/api/v1/", "x", "GET /logs/loki/api/v1/query?query=x "},
		{"/loki/api/v1/query", "x", "GET /loki/api/v1/query?query=x "},
		{"/logs", long, "POST /logs/loki/api/v1/query query=" + long},
	} {
		got, tenant := "", ""
		server := answering(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got, tenant = r.Method+" "+r.RequestURI+" "+string(body), r.Header.Get("X-Scope-OrgID")
			_, _ = io.WriteString(w, vector(`{"value":[1,"1"]}`))
		})
		s, err := open(t, values{"serverAddress": server + c.path, "query": c.query, "tenantName": "a|b"})
		require.NoError(t, err)
		_, err = s.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.want, got)
		require.Equal(t, "a|b", tenant)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `loki trigger "orders": `
	for want, metadata := range map[string]values{
		trigger + "serverAddress: is not the URL of a server: want http:// or https://, a host, and no parameters": {"serverAddress": "http://loki?a=b"},
		trigger + "query: is missing: set it in the metadata":                                                      {"query": ""},
		trigger + `threshold: "0" is not greater than 0`:                                                           {"threshold": "0"},
		trigger + "tenantName: has what cannot be in a header":                                                     {"tenantName": "a\nb"},
		trigger + "username: is missing: mode basic needs it":                                                      {"authModes": "basic"},
	} {
		_, err := open(t, metadata)
		require.EqualError(t, err, want)
	}
}
