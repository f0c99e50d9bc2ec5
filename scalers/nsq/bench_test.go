package nsq_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nsq"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound asks for 1,000 topics on two nsqd by a bare client and by as many
// triggers, in turn, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const topics = 1000
	s := needServers(b)
	prefix := fmt.Sprintf("bench-%d-", time.Now().UnixNano())
	scalers := make([]scalerkit.Scaler, topics)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	for i := range scalers {
		topic := fmt.Sprint(prefix, i)
		require.NoError(b, s.set(b.Context(), topic, 2, 1))
		scaler, err := nsq.Driver().Open(spec(s.lookupd, topic), options)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, scaler.Close()) })
		scalers[i] = scaler
	}
	bare := func() {
		var nodes struct {
			Producers []struct {
				Topics []string `json:"topics"`
			} `json:"producers"`
		}
		require.NoError(b, get(b.Context(), "http://"+s.lookupd+"/nodes", &nodes))
		require.Len(b, nodes.Producers, 2)
		for _, nsqd := range s.nsqds {
			var stats struct {
				Topics []struct {
					Name     string `json:"topic_name"`
					Channels []struct {
						Name  string `json:"channel_name"`
						Depth int    `json:"depth"`
					} `json:"channels"`
				} `json:"topics"`
			}
			require.NoError(b, get(b.Context(), "http://"+nsqd+"/stats?format=json&include_clients=false&include_mem=false", &stats))
			require.GreaterOrEqual(b, len(stats.Topics), topics)
		}
	}
	ours := func() {
		ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
		defer cancel()
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != 3 {
				b.Fatal(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
