package huaweicloudeye_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads 1,000 metrics of the fake by a bare client, in as few
// requests as Cloud Eye takes, and by as many triggers, and reports the ratio of
// the two.
func BenchmarkRound(b *testing.B) {
	const metrics, most, level = 1000, 500, 7
	f := newFake(b)
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, metrics)
	name := func(i int) string { return fmt.Sprintf("bench-%d", i) }
	for i := range scalers {
		f.set(name(i), point{0, level})
		scalers[i] = opened(b, spec(f.URL, name(i), nil), pool)
	}
	client := &http.Client{Transport: &http.Transport{}}
	b.Cleanup(client.CloseIdleConnections)

	query := func(from int) {
		all := make([]any, most)
		for i := range all {
			all[i] = map[string]any{"namespace": "SYS.ELB", "metric_name": "mb_l7_qps", "dimensions": []any{values{"name": "lbaas_instance_id", "value": name(from + i)}}}
		}
		to := time.Now().Truncate(time.Minute)
		body, err := json.Marshal(map[string]any{"metrics": all, "from": to.Add(-5 * time.Minute).UnixMilli(), "to": to.UnixMilli(), "period": "300", "filter": "average"})
		require.NoError(b, err)
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, f.URL+"/V1.0/"+project+"/batch-query-metric-data", bytes.NewReader(body))
		require.NoError(b, err)
		date := time.Now().UTC().Format("20060102T150405Z")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Sdk-Date", date)
		r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access="+accessKey+", SignedHeaders=content-type;host;x-sdk-date, Signature="+signature(r, date, body))
		response, err := client.Do(r)
		require.NoError(b, err)
		defer response.Body.Close()
		var answer struct {
			Metrics []struct{ Datapoints []struct{ Average float64 } }
		}
		require.NoError(b, json.NewDecoder(response.Body).Decode(&answer))
		require.Len(b, answer.Metrics, most)
	}
	bare := func() {
		for from := 0; from < metrics; from += most {
			query(from)
		}
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(b.Context(), scalers...) {
			if r.Err != nil || r.Reading.Value != level {
				b.Error(r)
			}
		}
	}
	f.asked()
	ours()
	requests := len(f.asked())
	require.Equal(b, metrics/most, requests)

	scalertest.Compare(b, bare, ours)
	b.ReportMetric(float64(requests), "requests/round")
}
