package azuremonitor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound asks for 20 metrics each of 50 resources of the fake in turn by bare
// requests for 20 metrics, as many side by side, and by as many triggers as there are
// metrics, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const resources, each20, atOnce = 50, 20, 2 // as many at once as ours for a server that answers at once
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	kit := kit
	kit.Serve = func(w http.ResponseWriter, r *http.Request, _ map[string]float64) {
		var all []string
		for _, name := range strings.Split(r.URL.Query().Get("metricnames"), ",") {
			all = append(all, result(name, fmt.Sprintf(`{"timeStamp":%q,"average":7}`, time.Now().UTC().Format(time.RFC3339))))
		}
		fmt.Fprint(w, answer(all...))
	}
	a := kit.NewAPI(b)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	var names []string
	for i := range each20 {
		names = append(names, fmt.Sprintf("metric-%d", i))
	}
	for i := range resources {
		for _, name := range names {
			scalers = append(scalers, kit.Open(b, a, name, values{"resourceURI": fmt.Sprintf("Microsoft.ServiceBus/namespaces/shop-%d", i)}, options))
		}
	}
	token, err := a.Authority.Credential().GetToken(ctx, policy.TokenRequestOptions{})
	require.NoError(b, err)
	client := a.HTTPS.Client()
	bare := func(i int) error {
		now := time.Now().UTC()
		query := url.Values{
			"api-version": {"2024-02-01"}, "metricnames": {strings.Join(names, ",")}, "aggregation": {"Average"},
			"timespan": {now.Add(-5*time.Minute).Format(time.RFC3339) + "/" + now.Format(time.RFC3339)},
		}
		address := fmt.Sprintf("%s/subscriptions/sub/resourceGroups/group/providers/Microsoft.ServiceBus/namespaces/shop-%d/providers/Microsoft.Insights/metrics?%s", a.HTTPS.URL, i, query.Encode())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token.Token)
		response, err := client.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var answer struct {
			Value []struct {
				TimeSeries []struct{ Data []struct{ Average float64 } }
			}
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			return err
		}
		if n := len(answer.Value); n != each20 || answer.Value[n-1].TimeSeries[0].Data[0].Average != 7 {
			return fmt.Errorf("%d metrics", n)
		}
		return nil
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != 7 {
				b.Fatal(r)
			}
		}
	}
	a.Count()
	ours()
	require.Equal(b, resources, a.Count())
	scalertest.Compare(b, func() {
		each.Do(resources, atOnce, func(i int) {
			if err := bare(i); err != nil {
				b.Error(err)
			}
		})
	}, ours)
}
