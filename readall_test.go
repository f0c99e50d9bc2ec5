package scalerkit_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// A peer is a Batcher whose level is its index among all.
type peer struct {
	level
	key       any
	exchanges *atomic.Int32
	batch     func(peers []scalerkit.Scaler) []scalerkit.Result // nil: as it should be
}

func (p *peer) BatchKey() any {
	if p.key == "panic" {
		panic("key")
	}
	return p.key
}

func (p *peer) ReadBatch(_ context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	p.exchanges.Add(1)
	if p.batch != nil {
		return p.batch(peers)
	}
	results := make([]scalerkit.Result, len(peers))
	for i, s := range peers {
		results[i] = scalerkit.Result{Reading: scalerkit.Reading{Value: s.(*peer).value}}
		if s.(*peer).err != nil {
			results[i] = scalerkit.Result{Err: s.(*peer).err}
		}
	}
	return results
}

func readingOf(value float64) scalerkit.Result {
	return scalerkit.Result{Reading: scalerkit.Reading{Value: value}}
}

func TestPeersAreReadInOneExchangeAndResultsKeepTheirOrder(t *testing.T) {
	var exchanges atomic.Int32
	var scalers []scalerkit.Scaler
	var want []scalerkit.Result
	for i := range 100 {
		switch i % 4 {
		case 0, 1:
			scalers = append(scalers, &peer{level: level{value: float64(i)}, key: i % 4, exchanges: &exchanges})
			want = append(want, readingOf(float64(i)))
		case 2:
			scalers = append(scalers, &peer{level: level{err: errRefused}, key: 1, exchanges: &exchanges})
			want = append(want, scalerkit.Result{Err: errRefused})
		case 3:
			scalers = append(scalers, &level{value: float64(i), metric: scalerkit.Metric{Activation: 1000}})
			want = append(want, readingOf(float64(i)))
		}
	}
	require.Equal(t, want, scalerkit.ReadAll(t.Context(), scalers...))
	require.EqualValues(t, 2, exchanges.Load())

	require.Equal(t, want[:1], scalerkit.ReadAll(t.Context(), scalers[0]))
	require.EqualValues(t, 2, exchanges.Load(), "what is alone is not batched")
	require.Equal(t, []scalerkit.Result{want[0], want[4]}, scalerkit.ReadAll(t.Context(), scalers[0], scalers[4]))
	require.EqualValues(t, 3, exchanges.Load())
	require.Empty(t, scalerkit.ReadAll(t.Context()))
}

func TestGroupsHaveTheIndicesInOrder(t *testing.T) {
	type key struct{ any }
	lone := new(level)
	of := func(k any) scalerkit.Scaler { return &peer{key: k} }
	for name, c := range map[string]struct {
		scalers []scalerkit.Scaler
		want    [][]int
	}{
		"none":                        {nil, [][]int{}},
		"alone":                       {[]scalerkit.Scaler{lone}, [][]int{{0}}},
		"the same Scaler twice":       {[]scalerkit.Scaler{lone, lone}, [][]int{{0}, {1}}},
		"by first appearance":         {[]scalerkit.Scaler{of("b"), of("a"), lone, of("b"), of("a"), of("b")}, [][]int{{0, 3, 5}, {1, 4}, {2}}},
		"keys of different types":     {[]scalerkit.Scaler{of(1), of(int64(1)), of(key{1}), of(key{1})}, [][]int{{0}, {1}, {2, 3}}},
		"nil keys have no peers":      {[]scalerkit.Scaler{of(nil), of(nil), of(1), of(nil), of(1)}, [][]int{{0}, {1}, {2, 4}, {3}}},
		"nor have bad ones":           {[]scalerkit.Scaler{of([]int{1}), of([]int{1}), of(key{[]int{1}}), of(math.NaN()), of(1), of(1)}, [][]int{{0}, {1}, {2}, {3}, {4, 5}}},
		"nor those that panic":        {[]scalerkit.Scaler{of("panic"), of("panic"), of(1)}, [][]int{{0}, {1}, {2}}},
		"nor a Scaler that is no one": {[]scalerkit.Scaler{nil, of(1), nil}, [][]int{{0}, {1}, {2}}},
	} {
		require.Equal(t, c.want, scalerkit.Group(c.scalers), name)
	}
	groups := scalerkit.Group([]scalerkit.Scaler{of(1), of(2), of(1)})
	groups[0] = append(groups[0], 7)
	require.Equal(t, [][]int{{0, 2, 7}, {1}}, groups, "groups do not share memory")
}

func TestABatchThatGoesWrongIsTheErrorOfItsPeersOnly(t *testing.T) {
	var exchanges atomic.Int32
	drop := func(peers []scalerkit.Scaler) []scalerkit.Result { return make([]scalerkit.Result, len(peers)-1) }
	bad := func(key string, batch func([]scalerkit.Scaler) []scalerkit.Result) scalerkit.Scaler {
		return &peer{key: key, exchanges: &exchanges, batch: batch}
	}
	throw := func([]scalerkit.Scaler) []scalerkit.Result { panic("boom") }
	nothing := func([]scalerkit.Scaler) []scalerkit.Result { return nil }
	good := func(value float64) scalerkit.Scaler {
		return &peer{level: level{value: value}, key: "good", exchanges: &exchanges}
	}
	results := scalerkit.ReadAll(t.Context(),
		bad("few", drop), good(1), bad("throw", throw), bad("few", drop), bad("none", nothing), new(thrower), good(2), nil,
		bad("throw", throw), bad("few", drop), bad("none", nothing))

	var got []string
	for _, r := range results {
		got = append(got, fmt.Sprint(r.Reading.Value, " ", r.Err))
	}
	require.Equal(t, []string{
		"0 batch of 3 scalers gave 2 results",
		"1 <nil>",
		"0 panic: boom",
		"0 batch of 3 scalers gave 2 results",
		"0 batch of 2 scalers gave 0 results",
		"0 panic: single",
		"2 <nil>",
		"0 panic: runtime error: invalid memory address or nil pointer dereference",
		"0 panic: boom",
		"0 batch of 3 scalers gave 2 results",
		"0 batch of 2 scalers gave 0 results",
	}, got)
	require.EqualValues(t, 4, exchanges.Load())
}

type thrower struct{ level }

func (*thrower) Read(context.Context) (scalerkit.Reading, error) {
	panic(errors.New("single"))
}

func TestExchangesAreConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var scalers []scalerkit.Scaler
		slow := func(peers []scalerkit.Scaler) []scalerkit.Result {
			time.Sleep(time.Second)
			return make([]scalerkit.Result, len(peers))
		}
		for i := range 100 {
			scalers = append(scalers, new(sleeper), &peer{key: i / 2, exchanges: new(atomic.Int32), batch: slow})
		}
		began := time.Now()
		results := scalerkit.ReadAll(t.Context(), scalers...)
		require.Equal(t, time.Second, time.Since(began))
		require.Len(t, results, 200)

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		for _, r := range scalerkit.ReadAll(ctx, new(sleeper), new(sleeper)) {
			require.ErrorIs(t, r.Err, context.DeadlineExceeded)
		}
		require.Equal(t, time.Second+time.Millisecond, time.Since(began))
	})
}

// A sleeper takes a second to read.
type sleeper struct{ level }

func (*sleeper) Read(ctx context.Context) (scalerkit.Reading, error) {
	select {
	case <-time.After(time.Second):
		return scalerkit.Reading{}, nil
	case <-ctx.Done():
		return scalerkit.Reading{}, ctx.Err()
	}
}

func TestABatchMayKeepItsPeers(t *testing.T) {
	var kept []scalerkit.Scaler
	keep := func(peers []scalerkit.Scaler) []scalerkit.Result {
		kept = peers
		return make([]scalerkit.Result, len(peers))
	}
	a := &peer{key: 1, exchanges: new(atomic.Int32), batch: keep}
	b := &peer{key: 1, exchanges: new(atomic.Int32), batch: keep}
	scalers := []scalerkit.Scaler{a, b}
	scalerkit.ReadAll(t.Context(), scalers...)
	clear(scalers)
	require.True(t, slices.Equal(kept, []scalerkit.Scaler{a, b}))
}
