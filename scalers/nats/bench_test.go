package nats_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nats"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound asks the real server for 1,000 consumers of one account by a bare
// client and by as many triggers, in turn, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const consumers = 1000
	c := connect(b, needServer(b, "SCALERKIT_TEST_NATS"))
	endpoint := needServer(b, "SCALERKIT_TEST_NATS_MONITORING")
	prefix := fmt.Sprintf("bench-%d-", time.Now().UnixNano())
	scalers := make([]scalerkit.Scaler, consumers)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	for i := range scalers {
		require.NoError(b, c.set(b.Context(), fmt.Sprint(prefix, i), 1, 1))
		s, err := nats.Driver().Open(spec(endpoint, fmt.Sprint(prefix, i)), options)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		scalers[i] = s
	}
	bare := func() {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+endpoint+"/jsz?acc=$G&consumers=true", http.NoBody)
		require.NoError(b, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(b, err)
		defer response.Body.Close()
		var answer struct {
			Accounts []struct {
				Streams []struct {
					Consumers []struct {
						Pending int `json:"num_pending"`
					} `json:"consumer_detail"`
				} `json:"stream_detail"`
			} `json:"account_details"`
		}
		require.NoError(b, json.NewDecoder(response.Body).Decode(&answer))
		require.GreaterOrEqual(b, len(answer.Accounts[0].Streams), consumers)
	}
	ours := func() {
		ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
		defer cancel()
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != 1 {
				b.Fatal(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
