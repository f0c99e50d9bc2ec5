package scalerkit_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

func BenchmarkOpen(b *testing.B) {
	driver := scalerkit.NewDriver("broker", func(c brokerConfig, _ scalerkit.Options) (scalerkit.Scaler, error) {
		return &level{metric: scalerkit.Metric{Name: scalerkit.MetricName("broker", c.Queue)}}, nil
	})
	registry := scalerkit.NewRegistry(driver)
	spec := scalerkit.Spec{
		Type:     "broker",
		Name:     "orders",
		Metadata: map[string]string{"queue": "orders", "length": "20", "hostFromEnv": "HOST"},
		Auth:     scalerkit.Secrets(map[string]string{"password": "pw"}),
		Env:      scalerkit.Secrets(map[string]string{"HOST": "broker:5672"}),
	}
	b.ReportAllocs()
	for b.Loop() {
		_, err := registry.Open(spec, scalerkit.Options{})
		require.NoError(b, err)
	}
}

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

func BenchmarkUse(b *testing.B) {
	share := scalerkit.Share(new(scalerkit.Pool), "broker", func(context.Context) (nopCloser, error) { return nopCloser{}, nil })
	b.Cleanup(func() { require.NoError(b, share.Close()) })
	use := func() {
		_, err := scalerkit.Use(context.Background(), share, func(context.Context, nopCloser) (int, error) { return 1, nil })
		if err != nil {
			b.Error(err)
		}
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			use()
		}
	})
	b.Run("by many", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				use()
			}
		})
	})
}

type nopCloser struct{}

func (nopCloser) Close() error { return nil }
