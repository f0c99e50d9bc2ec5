package redis_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A place is where streams can be, and be read as a certain user.
type place struct {
	client goredis.UniversalClient
	prefix string // of keys
	server redis.Server
}

func (p place) lag(tb testing.TB, key, group string, options scalerkit.Options) scalerkit.Scaler {
	return opened(tb)(redis.NewStreams(redis.StreamsConfig{
		Server: p.server, Stream: p.prefix + key, ConsumerGroup: group, LagCount: 5,
	}, options))
}

// eachPlace runs a test on the fake and on every real deployment that there
// is, as a user who may run scripts and as one who may not.
func eachPlace(t *testing.T, test func(t *testing.T, p place)) {
	for _, scripts := range []bool{true, false} {
		suffix := map[bool]string{true: "", false: "WithoutScripts"}[scripts]
		t.Run("Fake"+suffix, func(t *testing.T) {
			f := newFake(t)
			f.deny["eval"] = !scripts
			test(t, place{serverClient(t, deployment{}, f.address()), "", server(f)})
		})
		for name, d := range deployments {
			t.Run(name+suffix, func(t *testing.T) {
				address := os.Getenv(d.variable)
				if address == "" {
					t.Skip(d.variable + " is not set: run make test")
				}
				p := place{
					client: serverClient(t, d, address),
					prefix: fmt.Sprintf("%s-%d-", t.Name(), time.Now().UnixNano()),
					server: redis.Server{
						Addresses: strings.Split(address, ","), Username: username, Password: scalerkit.NewSecret(password),
					},
				}
				switch {
				case name == "Cluster":
					p.server.Deployment = redis.Cluster
				case d.metadata != nil:
					p.server.Deployment, p.server.SentinelMaster = redis.Sentinel, d.metadata["sentinelMaster"]
					p.server.SentinelUsername, p.server.SentinelPassword = username, scalerkit.NewSecret(password)
				}
				if !scripts {
					p.server.Username = withoutScripts(t, p.client)
				}
				test(t, p)
			})
		}
	}
}

// deliver reads n entries as a consumer, and acknowledges them.
func (p place) deliver(tb testing.TB, key, group string, n int) (ids []string) {
	ctx := context.Background()
	read, err := p.client.XReadGroup(ctx, &goredis.XReadGroupArgs{
		Group: group, Consumer: "c", Streams: []string{p.prefix + key, ">"}, Count: int64(n), Block: -1,
	}).Result()
	if errors.Is(err, goredis.Nil) {
		return nil
	}
	require.NoError(tb, err)
	for _, m := range read[0].Messages {
		ids = append(ids, m.ID)
		require.NoError(tb, p.client.XAck(ctx, p.prefix+key, group, m.ID).Err())
	}
	return ids
}

func TestEntriesThatAreGoneAreNoLag(t *testing.T) {
	// Each stream begins with five entries, of which the group reads one.
	for name, c := range map[string]struct {
		then []string
		want float64
	}{
		"nothing is gone":              {nil, 4},
		"trimmed, then all read":       {[]string{"trim 1", "read 10"}, 0},
		"trimmed, read, more added":    {[]string{"trim 1", "read 10", "add 60-0", "add 70-0"}, 2},
		"trimmed behind the group":     {[]string{"read 2", "trim 3"}, 2},
		"trimmed ahead of the group":   {[]string{"trim 2"}, 2},
		"trimmed to nothing":           {[]string{"trim 0"}, 0},
		"deleted, then all read":       {[]string{"del 20-0", "read 10"}, 0},
		"deleted, then one read":       {[]string{"del 20-0", "read 1"}, 2},
		"deleted ahead of the group":   {[]string{"del 30-0"}, 3},
		"deleted all that is ahead":    {[]string{"read 2", "del 40-0", "del 50-0"}, 0},
		"deleted all that was there":   {[]string{"del 10-0", "del 20-0", "del 30-0", "del 40-0", "del 50-0"}, 0},
		"behind the last of one clock": {[]string{"add 50-18446744073709551615", "trim 3", "read 3", "add 51-0", "add 51-1", "del 51-0"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			eachPlace(t, func(t *testing.T, p place) {
				for _, entry := range []string{"10-0", "20-0", "30-0", "40-0", "50-0"} {
					p.do(t, "add "+entry)
				}
				require.NoError(t, p.client.XGroupCreate(context.Background(), p.prefix+"w", group, "0").Err())
				p.deliver(t, "w", group, 1)
				for _, command := range c.then {
					p.do(t, command)
				}
				scalertest.WantValue(t, p.lag(t, "w", group, scalerkit.Options{}), c.want)
			})
		})
	}
}

// do does one of the things of the test above to its stream.
func (p place) do(t *testing.T, command string) {
	ctx, key := context.Background(), p.prefix+"w"
	what, id, _ := strings.Cut(command, " ")
	switch what {
	case "add":
		require.NoError(t, p.client.XAdd(ctx, &goredis.XAddArgs{Stream: key, ID: id, Values: []any{"field", "value"}}).Err())
	case "del":
		require.NoError(t, p.client.XDel(ctx, key, id).Err())
	case "trim":
		require.NoError(t, p.client.XTrimMaxLen(ctx, key, int64(parseID(id).ms)).Err())
	case "read":
		p.deliver(t, "w", group, int(parseID(id).ms))
	default:
		t.Fatalf("unknown: %s", command)
	}
}

// gap makes a stream of n entries behind the last delivered one, but for one
// entry that is gone.
func gap(n int, gone func(s *stream)) func(*value) {
	return func(v *value) {
		v.hold(newStream(n+2, 1))
		gone(v.stream)
	}
}

// deleted is a gap that hides the lag from the server, and missed is one that
// makes it too high by one.
func deleted(s *stream) { s.remove(id{3, 0}) }

func missed(s *stream) {
	s.remove(id{2, 0})
	s.add(id{s.last.ms + 1, 0})
	s.deliver(s.groups[group], 1)
}

func TestALagTakesNoMoreCommandsThanItNeeds(t *testing.T) {
	f := newFake(t)
	s := lag(t, f, "s")
	for name, c := range map[string]struct {
		set  func(*value)
		want float64
		seen []string
	}{
		"none":         {func(v *value) { v.hold(newStream(9, 9)) }, 0, []string{"xinfo"}},
		"nothing gone": {func(v *value) { v.hold(newStream(9, 4)) }, 5, []string{"xinfo", "xinfo"}},
		"all":          {func(v *value) { v.hold(newStream(9, 4)); v.trim(3) }, 3, []string{"xinfo", "xinfo"}},
		"deleted":      {gap(9, deleted), 9, []string{"xinfo", "xinfo", "eval"}},
		"missed":       {gap(9, missed), 9, []string{"xinfo", "xinfo", "eval"}},
		"negative":     {func(v *value) { v.hold(newStream(9, 4)); v.groups[group].read = 99 }, 5, []string{"xinfo", "xinfo", "eval"}},
		"old, none":    {func(v *value) { v.hold(newStream(9, 9)); v.old = true }, 0, []string{"xinfo", "xinfo"}},
		"old":          {func(v *value) { v.hold(newStream(9, 4)); v.old = true }, 5, []string{"xinfo", "xinfo", "eval"}},
		"none to ask":  {func(v *value) { v.hold(newStream(9, 4)); delete(v.groups, group) }, 9, []string{"xinfo", "xlen"}},
	} {
		f.update("s", c.set)
		scalertest.WantValue(t, s, c.want)
		require.Equal(t, c.seen, f.commands(), name)
	}
}

func TestAUserWithoutScriptsIsSentTheEntriesInPages(t *testing.T) {
	f := newFake(t)
	f.deny["eval"] = true
	f.update("s", gap(2_500, deleted))
	s := lag(t, f, "s")
	scalertest.WantValue(t, s, 2_500)
	require.Equal(t, []string{"xinfo", "xinfo", "eval", "xrange", "xrange", "xrange"}, f.commands())
	scalertest.WantValue(t, s, 2_500)
	require.Equal(t, []string{"xinfo", "xinfo", "xrange", "xrange", "xrange"}, f.commands())

	f.deny["xrange"] = true
	err := wantError(t, s, `read lag of group "workers" in stream "s": access denied: NOPERM this user has no permissions to run the 'xrange' command`)
	require.ErrorIs(t, err, scalerkit.ErrDenied)
}

func TestTheCountOfALagEndsAt10000(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		f := newFake(t)
		f.deny["eval"] = !scripts
		s := lag(t, f, "s")
		for _, c := range []struct {
			entries int
			gone    func(*stream)
			want    float64
		}{
			{10_000, deleted, 10_000},
			{10_001, deleted, 10_000},
			{10_000, missed, 10_000},
			{10_500, missed, 10_501}, // what the server says, which is never too low
			{10_500, func(s *stream) { missed(s); s.trim(10_400) }, 10_400},
		} {
			f.update("s", gap(c.entries, c.gone))
			scalertest.WantValue(t, s, c.want)
		}
	}
}

func TestLagsAreFoundTogetherWhileLittleIsMoved(t *testing.T) {
	for name, c := range map[string]struct {
		body    string
		scripts bool
		rounds  int64
	}{
		"script":        {"", true, 3},
		"large, script": {strings.Repeat("x", 1<<20), true, 2 + 3*3},
		"pages":         {"", false, 3},
		"large, pages":  {strings.Repeat("x", 1<<20), false, 2 + 3*3},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.deny["eval"] = !c.scripts
			var rounds atomic.Int64
			options := scalerkit.Options{Pool: new(scalerkit.Pool), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return &turnsConn{Conn: conn, turns: &rounds}, err
			}}
			var scalers []scalerkit.Scaler
			for i := range 3 {
				key := fmt.Sprint(i)
				f.update(key, func(v *value) { gap(25, deleted)(v); v.body = c.body })
				scalers = append(scalers, place{server: server(f)}.lag(t, key, group, options))
			}
			for range 2 { // the first finds out whether scripts are run
				rounds.Store(0)
				for _, r := range scalerkit.ReadAll(context.Background(), scalers...) {
					require.NoError(t, r.Err)
					require.EqualValues(t, 25, r.Reading.Value)
				}
			}
			require.Equal(t, c.rounds, rounds.Load())
		})
	}
}

// A turnsConn counts how often something is sent after something was received.
type turnsConn struct {
	net.Conn
	turns    *atomic.Int64
	received bool
}

func (c *turnsConn) Read(p []byte) (int, error) {
	c.received = true
	return c.Conn.Read(p)
}

func (c *turnsConn) Write(p []byte) (int, error) {
	if c.received {
		c.turns.Add(1)
		c.received = false
	}
	return c.Conn.Write(p)
}
