package redis_test

import (
	"context"
	"net"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// server is the connection part of a Config for the fake.
func server(f *fake) redis.Server {
	return redis.Server{Addresses: []string{f.address()}, Username: username, Password: scalerkit.NewSecret(password)}
}

func list(t testing.TB, f *fake, pool *scalerkit.Pool, key string) scalerkit.Scaler {
	return opened(t)(redis.New(redis.Config{Server: server(f), ListName: key}, scalerkit.Options{Pool: pool}))
}

func lag(t testing.TB, f *fake, key string) scalerkit.Scaler {
	return opened(t)(redis.NewStreams(redis.StreamsConfig{
		Server: server(f), Stream: key, ConsumerGroup: group, LagCount: 5,
	}, scalerkit.Options{}))
}

// opened returns a function that takes what New returns, and closes it with
// the test.
func opened(t testing.TB) func(scalerkit.Scaler, error) scalerkit.Scaler {
	return func(s scalerkit.Scaler, err error) scalerkit.Scaler {
		t.Helper()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
}

func wantError(t *testing.T, s scalerkit.Scaler, want string) error {
	t.Helper()
	_, err := s.Read(context.Background())
	require.EqualError(t, err, want)
	return err
}

func TestEveryTypeOfKeyIsReadBySizeWithOneCommandOnceItIsKnown(t *testing.T) {
	for kind, command := range map[string]string{"list": "llen", "set": "scard", "zset": "zcard", "hash": "hlen"} {
		t.Run(kind, func(t *testing.T) {
			f := newFake(t)
			f.update("k", func(v *value) { v.kind, v.size = kind, 7 })
			s := list(t, f, nil, "k")
			scalertest.WantValue(t, s, 7)
			f.commands()
			scalertest.WantValue(t, s, 7)
			require.Equal(t, []string{command}, f.commands())
		})
	}
}

func TestAKeyThatChangesItsTypeIsReadAsWhatItIsNow(t *testing.T) {
	f := newFake(t)
	s := list(t, f, nil, "k")
	scalertest.WantValue(t, s, 0)
	f.update("k", func(v *value) { v.kind, v.size = "hash", 3 })
	scalertest.WantValue(t, s, 3)
	f.update("k", func(v *value) { v.kind, v.size = "list", 4 })
	scalertest.WantValue(t, s, 4)
	f.remove("k")
	scalertest.WantValue(t, s, 0)
}

func TestAKeyWithoutASizeIsAnError(t *testing.T) {
	f := newFake(t)
	f.update("k", func(v *value) { v.kind = "string" })
	_ = wantError(t, list(t, f, nil, "k"), `read size of "k": it is a string and has no size; want a list, set, zset or hash`)
}

func TestPendingEntriesOfAGroupThatDoesNotExistAreNotFound(t *testing.T) {
	f := newFake(t)
	s := opened(t)(redis.NewStreams(redis.StreamsConfig{Server: server(f), Stream: "s", ConsumerGroup: group}, scalerkit.Options{}))
	err := wantError(t, s, `read pending entries of group "workers" in stream "s": not found: NOGROUP No such key 's' or consumer group 'workers'`)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
}

func TestABatchTakesOneCommandForEachKeyWhateverItReads(t *testing.T) {
	f := newFake(t)
	pool := new(scalerkit.Pool)
	f.update("set", func(v *value) { v.kind, v.size = "set", 3 })
	f.update("list", func(v *value) { v.size = 2 })
	f.update("stream", func(v *value) { v.hold(newStream(5, 0)) })
	scalers := []scalerkit.Scaler{
		list(t, f, pool, "set"),
		list(t, f, pool, "list"),
		opened(t)(redis.NewStreams(redis.StreamsConfig{Server: server(f), Stream: "stream"}, scalerkit.Options{Pool: pool})),
	}
	read := func() (values []float64) {
		for _, r := range scalerkit.ReadAll(context.Background(), scalers...) {
			require.NoError(t, r.Err)
			values = append(values, r.Reading.Value)
		}
		return values
	}
	require.Equal(t, []float64{3, 2, 5}, read())
	f.commands()
	require.Equal(t, []float64{3, 2, 5}, read())
	require.Equal(t, []string{"scard", "llen", "xlen"}, f.commands())
}

func TestTriggersThatDifferInTheirDatabaseShareNothing(t *testing.T) {
	f := newFake(t)
	pool := new(scalerkit.Pool)
	other := server(f)
	other.Database = 1
	a := list(t, f, pool, "k")
	b := opened(t)(redis.New(redis.Config{Server: other, ListName: "k"}, scalerkit.Options{Pool: pool}))
	require.False(t, scalertest.Together(a, b))
}

func TestTheProgramsOwnClient(t *testing.T) {
	f := newFake(t)
	own := func() goredis.UniversalClient {
		c := goredis.NewClient(&goredis.Options{Addr: f.address(), Username: username, Password: password})
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		return c
	}
	scalertest.Borrowed(t, func(own goredis.UniversalClient, o scalerkit.Options) (scalerkit.Scaler, error) {
		return redis.NewStreams(redis.StreamsConfig{Server: redis.Server{Client: own}, Stream: "s"}, o)
	}, own(), own())
}

// However it is written where a server is, it is the same.
func TestServersInOtherWordsAreShared(t *testing.T) {
	f := newFake(t)
	pool := new(scalerkit.Pool)
	host, port, err := net.SplitHostPort(f.address())
	require.NoError(t, err)
	parts := server(f)
	parts.Addresses, parts.Hosts, parts.Ports = nil, []string{host}, []string{port}
	parts.SentinelMaster, parts.TLSMode = "of no consequence", "disable"
	b := opened(t)(redis.New(redis.Config{Server: parts, ListName: "k"}, scalerkit.Options{Pool: pool}))
	require.True(t, scalertest.Together(list(t, f, pool, "k"), b))
}
