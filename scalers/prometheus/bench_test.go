package prometheus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/prometheus"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// benchQueries is how many queries a round asks.
const benchQueries = 1000

// atOnce is how many requests the bare client sends side by side, which is as
// many as ours do to a server that answers within a few milliseconds.
const atOnce = 2

// BenchmarkRound asks the real server 1,000 queries by a bare client and by as
// many triggers, in turn, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	server := newReal(b)
	names := make([]string, benchQueries)
	queries := make([]string, benchQueries)
	scalers := make([]scalerkit.Scaler, benchQueries)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	for i := range scalers {
		names[i] = fmt.Sprintf("bench-%d", i)
		queries[i] = fmt.Sprintf("sum(test{name=%q})", names[i])
		s, err := prometheus.Driver().Open(server.spec(queries[i], password), options)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		scalers[i] = s
	}
	require.NoError(b, server.write(b.Context(), 7, names...))

	bare := func() {
		var wait sync.WaitGroup
		for first := range atOnce {
			wait.Go(func() {
				for i := first; i < benchQueries; i += atOnce {
					if got, err := server.bare(b.Context(), queries[i]); err != nil || got != "7" {
						b.Error(got, err)
					}
				}
			})
		}
		wait.Wait()
	}
	ours := func() {
		ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
		defer cancel()
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != 7 {
				b.Fatal(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}

// bare asks one query.
func (r *real) bare(ctx context.Context, query string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/api/v1/query?query="+url.QueryEscape(query), http.NoBody)
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(username, password)
	response, err := r.http.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1]), nil
}
