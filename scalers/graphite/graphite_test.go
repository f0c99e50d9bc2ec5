package graphite_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/graphite"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// series is the answer with the points of one.
func series(points string) string {
	return `[{"target":"orders","tags":{"name":"orders"},"datapoints":[` + points + `]}]`
}

func TestSuiteOnFake(t *testing.T) {
	httpkit.Kit{
		Driver: graphite.Driver(),
		New:    scalertest.Typed(graphite.New),
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{Type: "graphite", Name: "orders", Metadata: values{
				"serverAddress": server, "query": thing, "queryTime": "-10Minutes", "threshold": "5",
			}}
		},
		Thing:     func(r *http.Request) string { return r.FormValue("target") },
		Body:      func(level float64) string { return series(fmt.Sprintf("[%v,%d]", level, time.Now().Unix())) },
		TargetKey: "threshold", ActivationKey: "activationThreshold",
	}.Run(t)
}

// answering starts a server that answers everything so.
func answering(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, metadata, auth values) (scalerkit.Scaler, error) {
	spec := scalerkit.Spec{
		Name: "orders", Auth: scalerkit.Secrets(auth),
		Metadata: values{"serverAddress": "http://graphite", "query": "orders", "queryTime": "-10Minutes"},
	}
	for key, value := range metadata {
		spec.Metadata[key] = value
	}
	s, err := graphite.Driver().Open(spec, scalerkit.Options{})
	if err == nil {
		t.Cleanup(func() { require.NoError(t, s.Close()) })
	}
	return s, err
}

func TestWhatAnAnswerComesTo(t *testing.T) {
	const query = `read query "orders": `
	const notAPair = query + "a point is not the pair of a value and a time that it should be"
	for answer, want := range map[string]string{
		series("[1,100],[2.5,160],[null,220]"): "2.5 at 160",
		series("[-2,100]"):                     "0 at 100 the result is -2, which counts as 0",
		"[]":                                   "0 the query has no series, which counts as 0",
		series(""):                             "0 the series has no points, which counts as 0",
		`[{"target":"orders"}]`:                "0 the series has no points, which counts as 0",
		series("[null,100],[null,160]"):        query + "all points of the series are null: look further back, or at what is written",
		`[{"datapoints":[[1,1]]},{"datapoints":[]}]`: query + "the result has 2 series and not one: make one of them, with sumSeries() or maxSeries(), say",
		series("[1,100],[]"):                         notAPair, // at which KEDA panics
		series("[1,100],[2]"):                        notAPair,
		series("[1,null]"):                           notAPair,
	} {
		server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
		s, err := open(t, values{"serverAddress": server}, nil)
		require.NoError(t, err)
		reading, err := s.Read(t.Context())
		got := fmt.Sprint(reading.Value)
		if err != nil {
			got = err.Error()
		} else if time.Since(reading.Time) > 24*time.Hour { // and not of now, as those without a point
			got += fmt.Sprint(" at ", reading.Time.Unix())
		}
		require.Equal(t, want, strings.TrimSpace(got+" "+reading.Note))
	}
}

// KEDA reads whatever comes with a status.
func TestAStatusCounts(t *testing.T) {
	server := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "[]")
	})
	s, err := open(t, values{"serverAddress": server}, nil)
	require.NoError(t, err)
	_, err = s.Read(t.Context())
	require.EqualError(t, err, `read query "orders": GET `+server+"/render: 500 Internal Server Error: []")
}

func TestTheRequest(t *testing.T) {
	long := strings.Repeat("a", 7000)
	user := values{"username": "user"} // which does not count without authMode
	for _, c := range []struct {
		path, query, mode, want string
	}{
		{"", "sumSeries(a.*)", "", "GET /render?format=json&from=-10Minutes%2B&target=sumSeries%28a.%2A%29 , "},
		{"/graphite/", "a", "basic", "GET /graphite/render?format=json&from=-10Minutes%2B&target=a , Basic dXNlcjo="},
		{"", long, "", "POST /render format=json&from=-10Minutes%2B&target=" + long + ", "},
	} {
		got := ""
		server := answering(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = r.Method + " " + r.RequestURI + " " + string(body) + ", " + r.Header.Get("Authorization")
			_, _ = io.WriteString(w, series("[1,1]"))
		})
		s, err := open(t, values{"serverAddress": server + c.path, "query": c.query, "queryTime": "-10Minutes+", "authMode": c.mode}, user)
		require.NoError(t, err)
		_, err = s.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestDefaultsAndMistakes(t *testing.T) {
	s, err := open(t, nil, nil)
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{Name: "graphite", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 100}}, s.Metric())

	const trigger = `graphite trigger "orders": `
	for want, metadata := range map[string]values{
		trigger + "serverAddress: is not the URL of a server: want http:// or https://, a host, and no parameters": {"serverAddress": "graphite:81"},
		trigger + "query: is missing: set it in the metadata":                                                      {"query": ""},
		trigger + "queryTime: is missing: set it in the metadata":                                                  {"queryTime": ""},
		trigger + `threshold: "0" is not greater than 0`:                                                           {"threshold": "0"},
		trigger + "username: is missing: mode basic needs it":                                                      {"authMode": "basic"},
	} {
		_, err := open(t, metadata, nil)
		require.EqualError(t, err, want)
	}
}
