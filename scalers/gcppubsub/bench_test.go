package gcppubsub_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads the backlogs of 1,000 subscriptions of the fake by one list
// of a bare client, and by as many triggers, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const subscriptions, size = 1000, 7
	m := gcptest.NewMonitoring(b)
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, subscriptions)
	series := make([]gcptest.Series, subscriptions)
	for i := range scalers {
		name := fmt.Sprintf("bench-%d", i)
		series[i] = subscription(name, at(time.Minute, size), at(90*time.Second, size))
		scalers[i] = opened(b, m, pool, values{"subscriptionName": name})
	}
	m.Set(series...)
	client := oauth2.NewClient(b.Context(), oauth2.ReuseTokenSource(nil, m.Authority.Credential()))
	b.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)

	bare := func() {
		now := time.Now()
		list := m.URL + "/v3/projects/" + gcptest.Project + "/timeSeries?" + url.Values{
			"filter":             {`metric.type = "` + backlog + `"`},
			"interval.startTime": {now.Add(-2 * time.Minute).UTC().Format(time.RFC3339)},
			"interval.endTime":   {now.UTC().Format(time.RFC3339)},
		}.Encode()
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, list, http.NoBody)
		require.NoError(b, err)
		response, err := client.Do(request)
		if err != nil {
			b.Error(err)
			return
		}
		defer response.Body.Close()
		var answer struct {
			TimeSeries []struct {
				Resource struct{ Labels map[string]string }
				Points   []struct {
					Interval struct{ EndTime time.Time }
					Value    struct{ Int64Value string }
				}
			}
		}
		err = json.NewDecoder(response.Body).Decode(&answer)
		if err != nil || len(answer.TimeSeries) != subscriptions {
			b.Error(err, len(answer.TimeSeries))
		}
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(b.Context(), scalers...) {
			if r.Err != nil || r.Reading.Value != size {
				b.Error(r)
			}
		}
	}
	m.Requests()
	ours()
	requests, _ := m.Requests()
	require.Len(b, requests, 1)

	scalertest.Compare(b, bare, ours)
	b.ReportMetric(float64(len(requests)), "requests/round")
}
