package redis_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// A ledger is what a stream of the test below holds, and where its groups are.
type ledger struct {
	entries []int // their times, in order
	last    int
	groups  map[string]int // the last entry that was delivered
}

func (l *ledger) lag(group string) (n int) {
	for _, e := range l.entries {
		if e > l.groups[group] {
			n++
		}
	}
	return n
}

func TestTheLagIsTheNumberOfEntriesToComeWhateverWasDone(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		for seed := range uint64(8) {
			random := rand.New(rand.NewPCG(seed, 9))
			pool := new(scalerkit.Pool)
			books := make(map[string]*ledger)
			var scalers []scalerkit.Scaler
			var owed []func() int
			for i := range 3 {
				key := fmt.Sprintf("%d-%d", seed, i)
				books[key] = &ledger{groups: map[string]int{"a": 0, "b": 0}}
				for g := range books[key].groups {
					require.NoError(t, p.client.XGroupCreateMkStream(context.Background(), p.prefix+key, g, "0").Err())
					scalers = append(scalers, p.lag(t, key, g, scalerkit.Options{Pool: pool}))
					owed = append(owed, func() int { return books[key].lag(g) })
				}
			}
			keys := slices.Sorted(maps.Keys(books))
			for step := range 60 {
				key := keys[random.IntN(len(keys))]
				done := books[key].alter(t, p, key, random)
				for i, r := range scalerkit.ReadAll(context.Background(), scalers...) {
					require.NoError(t, r.Err)
					require.Equal(t, float64(owed[i]()), r.Reading.Value, "seed %d, step %d, scaler %d, after %s on %s", seed, step, i, done, key)
				}
			}
		}
	})
}

// alter does something at random to a stream and to its ledger, and says what.
func (l *ledger) alter(t *testing.T, p place, key string, random *rand.Rand) string {
	ctx, name := context.Background(), p.prefix+key
	switch what := random.IntN(10); {
	case what < 4 || len(l.entries) == 0:
		n := 1 + random.IntN(4)
		for range n {
			l.last += 1 + random.IntN(2)
			l.entries = append(l.entries, l.last)
			id := fmt.Sprintf("%d-0", l.last)
			require.NoError(t, p.client.XAdd(ctx, &goredis.XAddArgs{Stream: name, ID: id, Values: []any{"field", "value"}}).Err())
		}
		return fmt.Sprintf("adding %d", n)
	case what < 5:
		n := random.IntN(len(l.entries) + 1)
		l.entries = l.entries[len(l.entries)-n:]
		require.NoError(t, p.client.XTrimMaxLen(ctx, name, int64(n)).Err())
		return fmt.Sprintf("trimming to %d", n)
	case what < 7:
		i := random.IntN(len(l.entries))
		gone := l.entries[i]
		l.entries = slices.Delete(l.entries, i, i+1)
		require.NoError(t, p.client.XDel(ctx, name, fmt.Sprintf("%d-0", gone)).Err())
		return fmt.Sprintf("deleting %d", gone)
	default:
		g := []string{"a", "b"}[random.IntN(2)]
		ids := p.deliver(t, key, g, 1+random.IntN(5))
		if len(ids) > 0 {
			l.groups[g] = int(parseID(ids[len(ids)-1]).ms)
		}
		return fmt.Sprintf("delivering %v to %s", ids, g)
	}
}

// The fake's lags are worth something only if Redis would report the same.
func TestTheFakeReportsLagsAsRedisDoes(t *testing.T) {
	address := os.Getenv("SCALERKIT_TEST_REDIS")
	if address == "" {
		t.Skip("SCALERKIT_TEST_REDIS is not set: run make test")
	}
	ctx := context.Background()
	actual := &place{client: serverClient(t, deployment{}, address), prefix: fmt.Sprintf("%s-%d-", t.Name(), time.Now().UnixNano())}
	if info := actual.client.Info(ctx, "server").Val(); !strings.Contains(info, "redis_version:7.0.") {
		t.Skip("the fake is like Redis 7.0, and this is another version")
	}
	pretended := &place{client: serverClient(t, deployment{}, newFake(t).address())}
	for seed := range uint64(40) {
		key := fmt.Sprint(seed)
		ledgers := make(map[*place]*ledger)
		dice := make(map[*place]*rand.Rand)
		for _, p := range []*place{actual, pretended} {
			ledgers[p] = &ledger{groups: map[string]int{"a": 0, "b": 0}}
			dice[p] = rand.New(rand.NewPCG(seed, 7))
			for g := range ledgers[p].groups {
				require.NoError(t, p.client.XGroupCreateMkStream(ctx, p.prefix+key, g, "0").Err())
			}
		}
		for range 40 {
			var done string
			groups := make(map[*place][]goredis.XInfoGroup)
			for p, l := range ledgers {
				done = l.alter(t, *p, key, dice[p])
				reported, err := p.client.XInfoGroups(ctx, p.prefix+key).Result()
				require.NoError(t, err)
				slices.SortFunc(reported, func(a, b goredis.XInfoGroup) int { return strings.Compare(a.Name, b.Name) })
				for i := range reported {
					reported[i].Consumers = 0 // which the fake does not count
				}
				groups[p] = reported
			}
			require.Equal(t, groups[actual], groups[pretended], "seed %d, after %s", seed, done)
		}
	}
}
