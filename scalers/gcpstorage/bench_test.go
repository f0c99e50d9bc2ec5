package gcpstorage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound lists 1,000 buckets of the fake in turn by a bare client, over as
// many connections, and by as many triggers, and reports the ratio of the two. The
// service has no request for several buckets.
func BenchmarkRound(b *testing.B) {
	const buckets, objects, connections = 1000, 10, 16
	f := newFake(b)
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, buckets)
	name := func(i int) string { return fmt.Sprintf("bench-%d", i) }
	full := make(map[string]int)
	for i := range objects {
		full[name(i)] = 1
	}
	for i := range scalers {
		f.set(name(i), full)
		scalers[i] = opened(b, f.spec(b, name(i), nil), pool)
	}
	transport := &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}
	b.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: &oauth2.Transport{Base: transport, Source: oauth2.ReuseTokenSource(nil, f.authority.Credential())}}

	list := func(i int) {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, f.URL+"/storage/v1/b/"+name(i)+"/o?fields=items(size)", http.NoBody)
		if err != nil {
			b.Error(err)
			return
		}
		response, err := client.Do(request)
		if err != nil {
			b.Error(err)
			return
		}
		defer response.Body.Close()
		var answer struct{ Items []struct{ Size string } }
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Items) != objects {
			b.Error(err, len(answer.Items))
		}
	}
	bare := func() { each.Do(buckets, connections, list) }
	ours := func() {
		for _, r := range scalerkit.ReadAll(b.Context(), scalers...) {
			if r.Err != nil || r.Reading.Value != objects {
				b.Error(r)
			}
		}
	}
	f.asked()
	ours()
	requests := len(f.asked())
	require.Equal(b, buckets, requests)

	scalertest.Compare(b, bare, ours)
	b.ReportMetric(float64(requests), "requests/round")
}
