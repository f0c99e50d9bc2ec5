package scalerkit_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/scalerkit/scalerkit"
)

func BenchmarkReadAll(b *testing.B) {
	const n = 10_000
	for _, brokers := range []int{1, 100} {
		b.Run(fmt.Sprintf("%d scalers of %d brokers", n, brokers), func(b *testing.B) {
			scalers := make([]scalerkit.Scaler, n)
			keys := make([]*int, brokers)
			for i := range keys {
				keys[i] = new(int)
			}
			for i := range scalers {
				scalers[i] = &benchPeer{key: keys[i%brokers]}
			}
			b.ReportAllocs()
			for b.Loop() {
				scalerkit.ReadAll(context.Background(), scalers...)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/scaler")
		})
	}
	b.Run(fmt.Sprintf("%d scalers, none batched", n), func(b *testing.B) {
		scalers := make([]scalerkit.Scaler, n)
		for i := range scalers {
			scalers[i] = &level{value: 1}
		}
		b.ReportAllocs()
		for b.Loop() {
			scalerkit.ReadAll(context.Background(), scalers...)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/scaler")
	})
}

// A benchPeer costs nothing to read.
type benchPeer struct {
	level
	key *int
}

func (p *benchPeer) BatchKey() any { return p.key }

func (p *benchPeer) ReadBatch(_ context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	return make([]scalerkit.Result, len(peers))
}
