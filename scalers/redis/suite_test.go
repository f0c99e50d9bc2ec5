package redis_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A deployment is a way to reach a server, which both families of trigger
// types have in common.
type deployment struct {
	size, streams scalerkit.Driver
	metadata      map[string]string
	maxConns      int
	variable      string // has the address of the real one
}

var deployments = map[string]deployment{
	"Standalone": {
		size: redis.Driver(), streams: redis.StreamsDriver(),
		variable: "SCALERKIT_TEST_REDIS", maxConns: 2,
	},
	"Cluster": {
		size: redis.ClusterDriver(), streams: redis.ClusterStreamsDriver(),
		variable: "SCALERKIT_TEST_REDIS_CLUSTER", maxConns: 2 * 3, // to each node
	},
	"Sentinel": {
		size: redis.SentinelDriver(), streams: redis.SentinelStreamsDriver(),
		metadata: map[string]string{"sentinelMaster": "scalerkit", "sentinelUsername": username},
		variable: "SCALERKIT_TEST_REDIS_SENTINEL", maxConns: 2 + 3, // and to the sentinel
	},
}

// A reading is one of the things that triggers read.
type reading struct {
	streams  bool
	metadata map[string]string // without what names the key
	keyParam string
	target   string
	missing  bool // a key that does not exist is an error
	// setFake and setServer set the level of a key.
	setFake   func(f *fake, key string, level int)
	setServer func(ctx context.Context, c goredis.UniversalClient, key string, level int) error
}

const group = "workers"

var readings = map[string]reading{
	"List": {
		keyParam: "listName", target: "listLength",
		setFake: func(f *fake, key string, level int) {
			f.update(key, func(v *value) { v.size = level })
		},
		setServer: func(ctx context.Context, c goredis.UniversalClient, key string, level int) error {
			return fill(ctx, c, key, level, func(p goredis.Pipeliner, i int) { p.RPush(ctx, key, i) })
		},
	},
	"SortedSet": {
		keyParam: "listName", target: "listLength",
		setFake: func(f *fake, key string, level int) {
			f.update(key, func(v *value) { v.kind, v.size = "zset", level })
		},
		setServer: func(ctx context.Context, c goredis.UniversalClient, key string, level int) error {
			return fill(ctx, c, key, level, func(p goredis.Pipeliner, i int) {
				p.ZAdd(ctx, key, goredis.Z{Score: float64(i), Member: i})
			})
		},
	},
	"StreamLength": {
		streams: true, keyParam: "stream", target: "streamLength",
		setFake: func(f *fake, key string, level int) {
			f.update(key, func(v *value) { v.hold(newStream(level, 0)) })
		},
		setServer: func(ctx context.Context, c goredis.UniversalClient, key string, level int) error {
			return fill(ctx, c, key, level, func(p goredis.Pipeliner, _ int) { add(ctx, p, key) })
		},
	},
	"StreamPending": {
		streams: true, keyParam: "stream", target: "pendingEntriesCount", missing: true,
		metadata: map[string]string{"consumerGroup": group},
		setFake: func(f *fake, key string, level int) {
			f.update(key, func(v *value) { v.hold(newStream(level, level)) })
		},
		setServer: func(ctx context.Context, c goredis.UniversalClient, key string, level int) error {
			if err := fillGroup(ctx, c, key, level); err != nil || level == 0 {
				return err
			}
			return c.XReadGroup(ctx, &goredis.XReadGroupArgs{Group: group, Consumer: "c", Streams: []string{key, ">"}, Count: int64(level)}).Err()
		},
	},
	"StreamLag": {
		streams: true, keyParam: "stream", target: "lagCount",
		metadata: map[string]string{"consumerGroup": group, "lagCount": "5"},
		setFake: func(f *fake, key string, level int) {
			f.update(key, func(v *value) { v.hold(newStream(level, 0)) })
		},
		setServer: func(ctx context.Context, c goredis.UniversalClient, key string, level int) error {
			return fillGroup(ctx, c, key, level)
		},
	},
}

// fill makes a key anew with n elements, at once, so that nobody sees it in
// between.
func fill(ctx context.Context, c goredis.UniversalClient, key string, n int, add func(goredis.Pipeliner, int)) error {
	_, err := c.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		p.Del(ctx, key)
		for i := range n {
			add(p, i)
		}
		return nil
	})
	return err
}

// fillGroup makes a stream anew with n entries that the group has not read.
func fillGroup(ctx context.Context, c goredis.UniversalClient, key string, n int) error {
	_, err := c.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		p.Del(ctx, key)
		p.XGroupCreateMkStream(ctx, key, group, "0")
		for range n {
			add(ctx, p, key)
		}
		return nil
	})
	return err
}

func add(ctx context.Context, p goredis.Pipeliner, key string) {
	p.XAdd(ctx, &goredis.XAddArgs{Stream: key, Values: []any{"field", "value"}})
}

// source describes a reading of a deployment at an address to the suite. The
// keys begin with prefix.
func source(d deployment, r reading, address, prefix string, set func(ctx context.Context, key string, level int) error) scalertest.Source {
	driver := d.size
	if r.streams {
		driver = d.streams
	}
	trigger := func(key string) scalertest.Trigger {
		metadata := map[string]string{"address": address, "username": username, r.keyParam: prefix + key}
		for _, more := range []map[string]string{d.metadata, r.metadata} {
			for k, v := range more {
				metadata[k] = v
			}
		}
		auth := map[string]string{"password": password}
		if d.metadata != nil {
			auth["sentinelPassword"] = password
		}
		return scalertest.Trigger{
			Spec: scalerkit.Spec{Type: driver.Name(), Name: "orders", Metadata: metadata, Auth: scalerkit.Secrets(auth)},
			Set: func(ctx context.Context, level float64) error {
				return set(ctx, prefix+key, int(level))
			},
		}
	}
	const wrong = "not-the-password"
	denied := trigger("a").Spec
	denied.Auth = scalerkit.Secrets(values{"password": wrong})
	if d.metadata != nil {
		denied.Auth["sentinelPassword"] = scalerkit.NewSecret(password)
	}
	secure := trigger("a").Spec
	secure.Metadata["enableTLS"] = "true"
	s := scalertest.Source{
		Trigger:   trigger("a"),
		Secure:    &secure,
		TargetKey: r.target,
		Secrets:   []string{password, wrong},
		Denied:    &denied,
		MaxConns:  d.maxConns,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
	s.ActivationKey = "activationListLength"
	if r.streams {
		s.ActivationKey = "activationLagCount"
	}
	if r.missing {
		missing := trigger("missing").Spec
		s.Missing = &missing
	}
	return s
}

// each runs f for every reading of a standalone server, and for one reading of
// each trigger type of the other deployments.
func each(t *testing.T, f func(t *testing.T, d deployment, r reading)) {
	for name, d := range deployments {
		for kind, r := range readings {
			if name == "Standalone" || kind == "List" || kind == "StreamLag" {
				t.Run(name+kind, func(t *testing.T) {
					t.Parallel()
					f(t, d, r)
				})
			}
		}
	}
}

func driverOf(d deployment, r reading) scalerkit.Driver {
	if r.streams {
		return d.streams
	}
	return d.size
}

// newOf has the New of trigger types that have one.
var newOf = map[string]scalertest.Constructor{
	redis.Driver().Name():        scalertest.Typed(redis.New),
	redis.StreamsDriver().Name(): scalertest.Typed(redis.NewStreams),
}

func TestSuiteOnFake(t *testing.T) {
	each(t, func(t *testing.T, d deployment, r reading) {
		scalertest.Suite{Driver: driverOf(d, r), New: newOf[driverOf(d, r).Name()], Start: func(tb testing.TB) scalertest.Source {
			f := newFake(tb)
			return source(d, r, f.address(), "", func(_ context.Context, key string, level int) error {
				r.setFake(f, key, level)
				return nil
			})
		}}.Run(t)
	})
}

func TestSuiteOnServer(t *testing.T) {
	each(t, func(t *testing.T, d deployment, r reading) {
		address := os.Getenv(d.variable)
		if address == "" {
			t.Skip(d.variable + " is not set: run make test")
		}
		scalertest.Suite{Driver: driverOf(d, r), Start: func(tb testing.TB) scalertest.Source {
			client := serverClient(tb, d, address)
			prefix := fmt.Sprintf("%s-%d-", tb.Name(), time.Now().UnixNano())
			return source(d, r, address, prefix, func(ctx context.Context, key string, level int) error {
				return r.setServer(ctx, client, key, level)
			})
		}}.Run(t)
	})
}

// serverClient returns a client of the real deployment, to set levels with.
func serverClient(tb testing.TB, d deployment, address string) goredis.UniversalClient {
	client := goredis.NewUniversalClient(&goredis.UniversalOptions{
		Addrs:            strings.Split(address, ","),
		Username:         username,
		Password:         password,
		MasterName:       d.metadata["sentinelMaster"],
		SentinelUsername: d.metadata["sentinelUsername"],
		SentinelPassword: password,
	})
	tb.Cleanup(func() { require.NoError(tb, client.Close()) })
	return client
}

// withoutScripts makes a user of the real deployment that may do everything
// but run scripts, and returns its name. Its password is the usual one.
func withoutScripts(tb testing.TB, client goredis.UniversalClient) string {
	const name = "scalerkit-without-scripts"
	nodes := func(args ...any) {
		run := func(ctx context.Context, node goredis.UniversalClient) error { return node.Do(ctx, args...).Err() }
		if cluster, ok := client.(*goredis.ClusterClient); ok {
			require.NoError(tb, cluster.ForEachMaster(context.Background(), func(ctx context.Context, node *goredis.Client) error { return run(ctx, node) }))
			return
		}
		require.NoError(tb, run(context.Background(), client))
	}
	nodes("acl", "setuser", name, "on", ">"+password, "~*", "&*", "+@all", "-@scripting")
	tb.Cleanup(func() { nodes("acl", "deluser", name) })
	return name
}
