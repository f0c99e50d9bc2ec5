package githubrunner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound counts the jobs of 1,000 triggers, of ten labels on each of 100
// repositories with a run each, by a bare client in three requests a repository and
// by as many triggers.
func BenchmarkRound(b *testing.B) {
	const repos, labels, atATime = 100, 10, 2
	f := newFake(b)
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for i := range repos {
		repo := fmt.Sprintf("r%d", i)
		f.runs("shop/"+repo, run{ID: 1, Status: "queued", jobs: queued(7, "l0")})
		for l := range labels {
			s := spec(f.URL, repo, token)
			s.Metadata["labels"] = fmt.Sprintf("l%d", l)
			scaler, err := suite.Driver.Open(s, scalerkit.Options{Pool: pool})
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, scaler.Close()) })
			scalers = append(scalers, scaler)
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atATime}}
	b.Cleanup(client.CloseIdleConnections)
	get := func(path string, into any) {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, f.URL+path, http.NoBody)
		require.NoError(b, err)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		require.NoError(b, err)
		defer response.Body.Close()
		require.NoError(b, json.NewDecoder(response.Body).Decode(into))
	}
	bare := func() {
		each.Do(repos, atATime, func(i int) {
			path := fmt.Sprintf("/repos/shop/r%d/actions/runs", i)
			for _, status := range []string{"queued", "in_progress"} {
				var list struct {
					Runs []run `json:"workflow_runs"`
				}
				get(path+"?per_page=100&page=1&status="+status, &list)
				for _, r := range list.Runs {
					var list struct{ Jobs []job }
					get(fmt.Sprintf("%s/%d/jobs?per_page=100&page=1", path, r.ID), &list)
					if len(list.Jobs) != 7 {
						b.Error(list)
					}
				}
			}
		})
	}
	ours := func() {
		ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
		defer cancel()
		for i, r := range scalerkit.ReadAll(ctx, scalers...) {
			if want := 7.0; r.Err != nil || i%labels == 0 && r.Reading.Value != want || i%labels > 0 && r.Reading.Value != 0 {
				b.Error(i, r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
