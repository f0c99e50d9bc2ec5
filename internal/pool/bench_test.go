package pool_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/pool"
)

func BenchmarkUse(b *testing.B) {
	share := pool.Share(new(pool.Pool), "broker", func(context.Context) (nopCloser, error) { return nopCloser{}, nil })
	b.Cleanup(func() { require.NoError(b, share.Close()) })
	use := func() {
		_, err := pool.Use(context.Background(), share, func(context.Context, nopCloser) (int, error) { return 1, nil })
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
