package elasticsearch_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/webtest"
	"github.com/scalerkit/scalerkit/scalers/elasticsearch"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A real is the real server, which is OpenSearch. Elasticsearch has the same API.
type real struct{ *webtest.Server }

func newReal(tb testing.TB) real {
	return real{webtest.New(tb, "SCALERKIT_TEST_OPENSEARCH", http.Header{"Content-Type": {"application/json"}})}
}

// set makes a level the only one in an index.
func (r real) set(ctx context.Context, index string, level float64) error {
	_, err := r.Do(ctx, http.MethodPut, "/"+index+"/_doc/1?refresh=true", fmt.Sprintf(`{"level":%v}`, level))
	return err
}

const sum = `{"size":0,"aggs":{"level":{"sum":{"field":"level"}}}}`

func (r real) spec(index string) scalerkit.Spec {
	return scalerkit.Spec{Type: "opensearch", Name: "orders", Metadata: values{
		"addresses": r.URL, "index": index, "query": sum, "valueLocation": "aggregations.level.value", "targetValue": "5",
	}}
}

func TestSuiteOnServer(t *testing.T) {
	r := newReal(t)
	scalertest.Suite{Driver: elasticsearch.OpenSearchDriver(), Start: func(tb testing.TB) scalertest.Source {
		prefix := fmt.Sprintf("suite-%d-", time.Now().UnixNano())
		missing := r.spec(prefix + "missing")
		tb.Cleanup(func() {
			_, err := r.Do(context.WithoutCancel(tb.Context()), http.MethodDelete, "/"+prefix+"*", "")
			require.NoError(tb, err)
		})
		return scalertest.Source{
			Trigger: scalertest.Trigger{
				Spec: r.spec(prefix + "a"),
				Set:  func(ctx context.Context, level float64) error { return r.set(ctx, prefix+"a", level) },
			},
			TargetKey: "targetValue", ActivationKey: "activationTargetValue",
			Missing: &missing, MaxConns: 40, // with a time limit at hand, questions are put side by side
			// Peers are searches for one document each: an index takes the server
			// long to make.
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					name := fmt.Sprintf("peer-%d", i)
					peers[i].Spec = r.spec(prefix + "peers")
					peers[i].Spec.Metadata["query"] = strings.Replace(sum, "{", `{"query":{"ids":{"values":["`+name+`"]}},`, 1)
					peers[i].Set = func(ctx context.Context, level float64) error {
						_, err := r.Do(ctx, http.MethodPut, "/"+prefix+"peers/_doc/"+name+"?refresh=true", fmt.Sprintf(`{"level":%v}`, level))
						return err
					}
				}
				return peers
			},
		}
	}}.Run(t)
}

func TestSearchesOnServer(t *testing.T) {
	r := newReal(t)
	index := fmt.Sprintf("searches-%d", time.Now().UnixNano())
	require.NoError(t, r.set(t.Context(), index, 7))
	t.Cleanup(func() { _, _ = r.Do(context.WithoutCancel(t.Context()), http.MethodDelete, "/"+index, "") })
	_, err := r.Do(t.Context(), http.MethodPut, "/_scripts/"+index, `{"script":{"lang":"mustache","source":{"query":{"range":{"level":{"gte":"{{least}}"}}}}}}`)
	require.NoError(t, err)
	template := func(name, parameters string) values {
		return values{"query": "", "searchTemplateName": name, "parameters": parameters, "valueLocation": "hits.total.value"}
	}
	read := "read search in " + index + ": POST " + r.URL + "/" + index + "/_search"
	for _, c := range []struct {
		metadata values
		want     string
	}{
		{values{}, "7"},
		{values{"index": index + "*;" + index + "-none*"}, "7"},
		{template(index, "least:1"), "1"},
		{template(index, "least:8"), "0"},
		{template("none", ""), read + "/template: not found: 404 Not Found: resource_not_found_exception: unable to find script [none] in cluster state"},
		{values{"query": `{"size":-2}`}, read + ": 400 Bad Request: illegal_argument_exception: [size] parameter cannot be negative, found [-2]"},
		{values{"valueLocation": "aggregations.none.value"}, "read search in " + index + `: "aggregations.none.value" in the answer: not found: there is no such thing`},
	} {
		spec := r.spec(index)
		for key, value := range c.metadata {
			spec.Metadata[key] = value
		}
		s, err := elasticsearch.OpenSearchDriver().Open(spec, scalerkit.Options{})
		require.NoError(t, err)
		reading, err := s.Read(t.Context())
		got := fmt.Sprint(reading.Value)
		if err != nil {
			got = err.Error()
		}
		require.Equal(t, c.want, got)
		require.NoError(t, s.Close())
	}
}

// BenchmarkRound puts 1,000 searches to the real server by a bare client, two at a
// time, and by as many triggers, in turn, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const n = 1_000
	r := newReal(b)
	require.NoError(b, r.set(b.Context(), "bench", 7))
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	queries, scalers := make([]string, n), make([]scalerkit.Scaler, n)
	for i := range scalers {
		spec := r.spec("bench")
		queries[i] = strings.Replace(sum, "{", fmt.Sprintf(`{"query":{"range":{"level":{"lt":%d}}},`, 100+i), 1)
		spec.Metadata["query"] = queries[i]
		s, err := elasticsearch.OpenSearchDriver().Open(spec, options)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		scalers[i] = s
	}
	bare := func() {
		const atATime = 2 // as many as ours are, while the server is quick
		for _, a := range driver.Each(b.Context(), atATime, queries, func(ctx context.Context, query string) ([]byte, error) {
			return r.Do(ctx, http.MethodPost, "/bench/_search", query)
		}) {
			if a.Err != nil || !strings.Contains(string(a.Value), `"value":7.0`) {
				b.Fatal(a)
			}
		}
	}
	ours := func() {
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		defer cancel()
		for _, a := range scalerkit.ReadAll(ctx, scalers...) {
			if a.Err != nil || a.Reading.Value != 7 {
				b.Fatal(a)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
