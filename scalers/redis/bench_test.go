package redis_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
)

// BenchmarkRound reads 10,000 lists of the real server in turn by a bare
// pipelined client and by as many triggers, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const lists = 10_000
	address := os.Getenv("SCALERKIT_TEST_REDIS")
	if address == "" {
		b.Skip("SCALERKIT_TEST_REDIS is not set: run make bench")
	}
	ctx := context.Background()
	floor := serverClient(b, deployment{}, address)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, lists)
	keys := make([]string, lists)
	_, err := floor.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for i := range scalers {
			keys[i] = fmt.Sprintf("bench-%d", i)
			p.Del(ctx, keys[i])
			p.RPush(ctx, keys[i], "a", "b", "c")
			scalers[i] = opened(b)(redis.New(redis.Config{Server: redis.Server{
				Addresses: []string{address}, Username: username, Password: scalerkit.NewSecret(password),
			}, ListName: keys[i]}, options))
		}
		return nil
	})
	require.NoError(b, err)

	bare := func() {
		commands := make([]*goredis.IntCmd, lists)
		_, err := floor.Pipelined(ctx, func(p goredis.Pipeliner) error {
			for i, key := range keys {
				commands[i] = p.LLen(ctx, key)
			}
			return nil
		})
		if err != nil || commands[lists-1].Val() != 3 {
			b.Fatal(err, commands[lists-1].Val())
		}
	}
	ours := func() {
		results := scalerkit.ReadAll(ctx, scalers...)
		if r := results[lists-1]; r.Err != nil || r.Reading.Value != 3 {
			b.Fatal(r)
		}
	}
	bare()
	ours()
	var floorTime, oursTime time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		bare()
		middle := time.Now()
		ours()
		floorTime += middle.Sub(start)
		oursTime += time.Since(middle)
	}
	b.ReportMetric(float64(floorTime.Microseconds())/float64(b.N)/1000, "bare-ms/round")
	b.ReportMetric(float64(oursTime.Microseconds())/float64(b.N)/1000, "ours-ms/round")
	b.ReportMetric(float64(oursTime)/float64(floorTime), "ratio")
}
