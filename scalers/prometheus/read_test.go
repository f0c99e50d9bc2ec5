package prometheus_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/prometheus"
)

// answering starts a server that answers everything so.
func answering(t *testing.T, answer func(http.ResponseWriter, *http.Request)) string {
	s := httptest.NewServer(http.HandlerFunc(answer))
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, server string, metadata, auth values) scalerkit.Scaler {
	spec := scalerkit.Spec{
		Name: "orders", Auth: scalerkit.Secrets(auth),
		Metadata: values{"serverAddress": server, "query": "sum(up)", "threshold": "5"},
	}
	for key, value := range metadata {
		spec.Metadata[key] = value
	}
	s, err := prometheus.Driver().Open(spec, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func data(kind, result string) string {
	return `{"status":"success","data":{"resultType":"` + kind + `","result":` + result + `}}`
}

func one(value string) string { return vector(`{"metric":{},"value":[1,` + value + `]}`) }

func warning(with, answer string) string { return strings.TrimSuffix(answer, "}") + "," + with + "}" }

func TestWhatAnAnswerComesTo(t *testing.T) {
	const query = `read query "sum(up)": `
	const notAPair = query + "the value is not the pair of a time and a number, as text, that it should be"
	for _, c := range []struct {
		name, answer string
		value        float64
		note         string // of a value, with ignoreNullValues
		err          string // without
		partial      bool   // will do
	}{
		{name: "a number", answer: one(`"12.5"`), value: 12.5},
		{name: "a large one", answer: one(`"1e+06"`), value: 1e6},
		{name: "a scalar", answer: data("scalar", `[1,"3"]`), value: 3},
		{name: "no series", answer: vector(""), note: "the query has no result, which counts as 0", err: query + "not found: the query has no result"},
		{name: "NaN", answer: one(`"NaN"`), note: "the result is NaN, which counts as 0", err: query + "the result is NaN"},
		{name: "infinite", answer: one(`"-Inf"`), note: "the result is -Inf, which counts as 0", err: query + "the result is -Inf"},
		{name: "an infinite scalar", answer: data("scalar", `[1,"+Inf"]`), note: "the result is +Inf, which counts as 0", err: query + "the result is +Inf"},
		{name: "null", answer: one(`null`), note: "the result has no value, which counts as 0", err: query + "the result has no value"},
		{name: "no value", answer: vector(`{"metric":{}}`), note: "the result has no value, which counts as 0", err: query + "the result has no value"},
		{name: "an empty value", answer: vector(`{"value":[]}`), note: "the result has no value, which counts as 0", err: query + "the result has no value"},
		{name: "a negative number", answer: one(`"-2"`), note: "the result is -2, which counts as 0"},

		{name: "several series", answer: vector(`{"value":[1,"1"]},{"value":[1,"2"]}`), err: query + "the result has 2 series and not one: make one of them, with sum() or max(), say"},
		{name: "half a value", answer: vector(`{"value":[1]}`), err: notAPair},
		{name: "a bare number", answer: one(`7`), err: notAPair},
		{name: "a text", answer: one(`"many"`), err: notAPair},
		{name: "a value of another kind", answer: vector(`{"value":"1"}`), err: query + "the result is not the vector that it should be: json: cannot unmarshal string into Go struct field .Value of type []interface {}"},
		{name: "a histogram", answer: vector(`{"histogram":[1,{"count":"1"}]}`), err: query + "the result is a histogram: make a number of it, with histogram_quantile(), say"},
		{name: "a string", answer: data("string", `[1,"7"]`), err: query + `the result is a "string": it should be an instant vector or a scalar`},
		{name: "a range", answer: data("matrix", `[]`), err: query + `the result is a "matrix": it should be an instant vector or a scalar`},
		{name: "another server's", answer: `{}`, err: query + `the status of the answer is "" and not success`},
		{name: "an error that is well", answer: `{"status":"error","errorType":"bad_data","error":"no such function"}`, err: query + `the status of the answer is "error" and not success: bad_data: no such function`},

		{name: "remarks on the query", answer: warning(`"warnings":["PromQL warning: a"],"infos":["PromQL info: b"]`, one(`"1"`)), value: 1, note: "PromQL warning: a; PromQL info: b"},
		{name: "a remark and no result", answer: warning(`"infos":["PromQL info: b"]`, vector("")), note: "the query has no result, which counts as 0; PromQL info: b", err: query + "not found: the query has no result"},
		{name: "half of Thanos", answer: warning(`"warnings":["store a: no answer"]`, one(`"1"`)), err: query + "the answer is partial: store a: no answer"},
		{name: "half of VictoriaMetrics", answer: warning(`"isPartial":true`, one(`"1"`)), err: query + "the answer is partial"},
		{name: "half, which will do", answer: warning(`"warnings":["store a: no answer"]`, one(`"1"`)), partial: true, value: 1, note: "the answer is partial: store a: no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.answer) })
			strict := values{"ignoreNullValues": "false"}
			if c.partial {
				strict["queryParameters"] = "partial_response=true"
			}
			strictly, err := open(t, server, strict, nil).Read(t.Context())
			if c.err != "" {
				require.EqualError(t, err, c.err)
			} else {
				require.NoError(t, err)
				require.Equal(t, c.note, strictly.Note)
			}
			delete(strict, "ignoreNullValues")
			reading, err := open(t, server, strict, nil).Read(t.Context())
			if c.err != "" && c.note == "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.value, reading.Value)
			require.Equal(t, c.note, reading.Note)
		})
	}
}

func TestANegativeResultIsComparedWithTheActivation(t *testing.T) {
	server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, one(`"-2"`)) })
	for activation, active := range map[string]bool{"-3": true, "-2": false, "-1": false, "0": false} {
		s := open(t, server, values{"activationThreshold": activation}, nil)
		reading, err := s.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, active, reading.IsActive(s.Metric()), activation)
	}
}

func TestTheRequest(t *testing.T) {
	long := strings.Repeat("a", 7000)
	for name, c := range map[string]struct {
		metadata values
		want     string
	}{
		"plain": {nil, "GET /api/v1/query?query=sum%28up%29 "},
		"below a path, with parameters": {
			values{"serverAddress": "/prom/", "namespace": "a&b", "queryParameters": "dedup=true, max_source_resolution=5m", "query": `up{a="b"}`},
			"GET /prom/api/v1/query?query=up%7Ba%3D%22b%22%7D&dedup=true&max_source_resolution=5m&namespace=a%26b ",
		},
		"long": {values{"query": long}, "POST /api/v1/query query=" + long},
		"long, with parameters": {
			values{"query": long, "namespace": "shop"},
			"POST /api/v1/query?namespace=shop query=" + long,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, header := "", http.Header{}
			server := answering(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got, header = r.Method+" "+r.RequestURI+" "+string(body), r.Header
				_, _ = io.WriteString(w, one(`"1"`))
			})
			metadata := values{"customHeaders": "x-scope-orgid=tenant, X-B=b c"}
			for key, value := range c.metadata {
				metadata[key] = value
			}
			metadata["serverAddress"] = server + metadata["serverAddress"]
			_, err := open(t, server, metadata, nil).Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Equal(t, "tenant b c", header.Get("X-Scope-OrgID")+" "+header.Get("X-B"))
			require.Equal(t, strings.HasPrefix(got, "POST"), header.Get("Content-Type") == "application/x-www-form-urlencoded")
		})
	}
}

func TestErrorsAreInOneLineAndWithoutSecrets(t *testing.T) {
	server := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("query") == "bad" {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, `{"status":"error","error":"`+r.Header.Get("X-Token")+r.Header.Get("Authorization")+`"}`)
	})
	metadata := values{"customHeaders": "X-Token=hunter2", "authModes": "bearer"}
	auth := values{"bearerToken": "hunter3"}
	_, err := open(t, server, metadata, auth).Read(t.Context())
	require.EqualError(t, err, `read query "sum(up)": the status of the answer is "error" and not success: : [redacted]Bearer [redacted]`)
	metadata["query"] = "bad"
	_, err = open(t, server, metadata, auth).Read(t.Context())
	require.EqualError(t, err, `read query "bad": GET `+server+`/api/v1/query: 400 Bad Request: {"status":"error","error":"[redacted]Bearer [redacted]"}`)
	metadata["query"] = strings.Repeat("é", 101)
	_, err = open(t, server, metadata, auth).Read(t.Context())
	require.ErrorContains(t, err, `read query "`+strings.Repeat("é", 100)+`" …: `)
}

// Triggers whose questions are equal are one question, whatever they make of the
// answer.
func TestEqualQuestionsAreAskedOnce(t *testing.T) {
	asked := 0
	server := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = io.WriteString(w, vector(""))
	})
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	for _, ignore := range []bool{true, false} {
		s, err := prometheus.New(prometheus.Config{
			Server: prometheus.Server{Address: server}, Query: "up", Threshold: 1, IgnoreNullValues: &ignore,
		}, options)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		scalers = append(scalers, s)
	}
	results := scalerkit.ReadAll(t.Context(), scalers...)
	require.NoError(t, results[0].Err)
	require.ErrorIs(t, results[1].Err, scalerkit.ErrNotFound)
	require.Equal(t, 1, asked)
}
