package redis_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
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
	scalertest.Compare(b, bare, ours)
}

// BenchmarkLag reads the lag of a group that has 5,000 entries of 20 KB before
// it, one of which was deleted, so that the server does not know the lag. It
// reports the bytes that a reading receives, with a script and without the
// right to run one.
func BenchmarkLag(b *testing.B) {
	d := deployments["Standalone"]
	address := os.Getenv(d.variable)
	if address == "" {
		b.Skip(d.variable + " is not set: run make bench")
	}
	ctx := context.Background()
	client := serverClient(b, d, address)
	const stream, entries = "bench-lag", 5_000
	_, err := client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		p.Del(ctx, stream)
		p.XGroupCreateMkStream(ctx, stream, group, "0")
		body := strings.Repeat("x", 20_000)
		for i := range entries + 2 {
			p.XAdd(ctx, &goredis.XAddArgs{Stream: stream, ID: fmt.Sprintf("%d-0", i+1), Values: []any{"body", body}})
		}
		p.XReadGroup(ctx, &goredis.XReadGroupArgs{Group: group, Consumer: "c", Streams: []string{stream, ">"}, Count: 1, NoAck: true})
		p.XDel(ctx, stream, "3-0")
		return nil
	})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, client.Del(ctx, stream).Err()) })

	for name, user := range map[string]string{"Script": username, "Pages": withoutScripts(b, client)} {
		b.Run(name, func(b *testing.B) {
			var received atomic.Int64
			s := opened(b)(redis.NewStreams(redis.StreamsConfig{
				Server: redis.Server{Addresses: []string{address}, Username: user, Password: scalerkit.NewSecret(password)},
				Stream: stream, ConsumerGroup: group, LagCount: 5,
			}, scalerkit.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return countedConn{conn, &received}, err
			}}))
			read := func() {
				if r, err := s.Read(ctx); err != nil || r.Value != entries {
					b.Fatal(r, err)
				}
			}
			read()
			received.Store(0)
			b.ReportAllocs()
			for b.Loop() {
				read()
			}
			b.ReportMetric(float64(received.Load())/float64(b.N), "received-B/op")
		})
	}
}

// A countedConn counts the bytes that it receives.
type countedConn struct {
	net.Conn
	received *atomic.Int64
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}
