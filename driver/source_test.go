package driver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A wire is a connection that remembers what it was asked.
type wire struct {
	asked  [][]item
	closed atomic.Bool
}

func (w *wire) Close() error { w.closed.Store(true); return nil }

// An item is a question.
type item int

func (i item) String() string { return fmt.Sprintf("item %d", int(i)) }

type (
	itemSource = driver.Source[*wire, item, float64]
	itemPlan   = driver.Plan[*wire, item, float64]
	itemAnswer = driver.Answer[float64]
)

// tens answers ten times the number of an item, and knows none above 9.
func tens(_ context.Context, w *wire, items []item) ([]itemAnswer, error) {
	w.asked = append(w.asked, slices.Clone(items))
	answers := make([]itemAnswer, len(items))
	for i, q := range items {
		if answers[i].Value = 10 * float64(q); q > 9 {
			answers[i].Err = scalerkit.ErrNotFound
		}
	}
	return answers, nil
}

func on(w *wire, q item) itemPlan {
	return itemPlan{
		Question: q, Key: w, Open: func(context.Context) (*wire, error) { return w, nil },
		Metric: scalerkit.Metric{Name: q.String()},
	}
}

// all returns Scalers for items that share a connection.
func all(t *testing.T, s itemSource, w *wire, items ...item) []scalerkit.Scaler {
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, len(items))
	for i, q := range items {
		scalers[i] = s.New(options, on(w, q))
		t.Cleanup(func() { require.NoError(t, scalers[i].Close()) })
	}
	return scalers
}

func valuesOf(t *testing.T, results []scalerkit.Result) []float64 {
	t.Helper()
	values := make([]float64, len(results))
	for i, r := range results {
		require.NoError(t, r.Err)
		require.False(t, r.Reading.Time.IsZero())
		values[i] = r.Reading.Value
	}
	return values
}

func TestEqualQuestionsAreAskedOnce(t *testing.T) {
	w := new(wire)
	scalers := all(t, itemSource{Ask: tens}, w, 1, 2, 1, 3, 2)
	require.Equal(t, []float64{10, 20, 10, 30, 20}, valuesOf(t, scalerkit.ReadAll(t.Context(), scalers...)))
	require.Equal(t, [][]item{{1, 2, 3}}, w.asked)
}

func TestOtherPeersAreOtherQuestions(t *testing.T) {
	scalers := all(t, itemSource{Ask: tens}, new(wire), 1, 2, 2, 3)
	for _, want := range [][]int{{0, 1, 2}, {0, 1, 2}, {2, 1, 3}, {3, 0}, {0, 1, 2, 3}} {
		peers := make([]scalerkit.Scaler, len(want))
		values := make([]float64, len(want))
		for i, n := range want {
			peers[i] = scalers[n]
			values[i] = []float64{10, 20, 20, 30}[n]
		}
		require.Equal(t, values, valuesOf(t, scalerkit.ReadAll(t.Context(), peers...)))
	}
}

func TestABatchIsAskedInPartsThatTheSourceTakes(t *testing.T) {
	var asked atomic.Int32
	s := itemSource{Max: 2, Ask: func(ctx context.Context, _ *wire, items []item) ([]itemAnswer, error) {
		asked.Add(1)
		return tens(ctx, new(wire), items)
	}}
	require.Equal(t, []float64{10, 20, 30, 40, 50}, valuesOf(t, scalerkit.ReadAll(t.Context(), all(t, s, new(wire), 1, 2, 3, 4, 5)...)))
	require.EqualValues(t, 3, asked.Load())
}

func TestEachScalerMakesItsOwnReadingOfAnAnswer(t *testing.T) {
	w := new(wire)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	at := time.Unix(1e9, 0)
	plan := func(note string) itemPlan {
		p := on(w, 1)
		p.Read = func(v float64) (scalerkit.Reading, error) {
			if note == "" {
				return scalerkit.Reading{}, errors.New("says nothing")
			}
			return scalerkit.Reading{Value: v, Note: note, Time: at}, nil
		}
		return p
	}
	s := itemSource{Ask: tens}
	scalers := []scalerkit.Scaler{s.New(options, plan("a")), s.New(options, plan("b")), s.New(options, plan(""))}
	results := scalerkit.ReadAll(t.Context(), scalers...)
	require.Equal(t, scalerkit.Reading{Value: 10, Note: "a", Time: at}, results[0].Reading)
	require.Equal(t, scalerkit.Reading{Value: 10, Note: "b", Time: at}, results[1].Reading)
	require.EqualError(t, results[2].Err, "read item 1: says nothing")
	require.Len(t, w.asked, 1)
	for _, s := range scalers {
		require.NoError(t, s.Close())
	}
	require.True(t, w.closed.Load())
}

func TestAnErrorIsThatOfItsQuestion(t *testing.T) {
	results := scalerkit.ReadAll(t.Context(), all(t, itemSource{Ask: tens}, new(wire), 1, 10)...)
	require.NoError(t, results[0].Err)
	require.EqualError(t, results[1].Err, "read item 10: not found")
	require.ErrorIs(t, results[1].Err, scalerkit.ErrNotFound)
}

func TestWhatFailsAsAWholeFailsForAll(t *testing.T) {
	for want, ask := range map[string]func(context.Context, *wire, []item) ([]itemAnswer, error){
		"EOF":                      func(context.Context, *wire, []item) ([]itemAnswer, error) { return nil, io.EOF },
		"1 answers to 2 questions": func(context.Context, *wire, []item) ([]itemAnswer, error) { return make([]itemAnswer, 1), nil },
		"panic: index out of luck": func(context.Context, *wire, []item) ([]itemAnswer, error) { panic("index out of luck") },
	} {
		for i, r := range scalerkit.ReadAll(t.Context(), all(t, itemSource{Ask: ask}, new(wire), 0, 1)...) {
			require.EqualError(t, r.Err, fmt.Sprintf("read item %d: %s", i, want))
		}
	}
}

func TestAPanicFailsThePartThatItIsIn(t *testing.T) {
	s := itemSource{Max: 1, Ask: func(ctx context.Context, _ *wire, items []item) ([]itemAnswer, error) {
		if items[0] == 2 {
			panic("no luck")
		}
		return tens(ctx, new(wire), items)
	}}
	results := scalerkit.ReadAll(t.Context(), all(t, s, new(wire), 1, 2, 3)...)
	require.NoError(t, results[0].Err)
	require.EqualError(t, results[1].Err, "read item 2: panic: no luck")
	require.NoError(t, results[2].Err)
}

func TestAValueThatIsNoLevelIsAnError(t *testing.T) {
	for _, v := range []float64{-1, math.NaN(), math.Inf(1)} {
		s := itemSource{Ask: func(context.Context, *wire, []item) ([]itemAnswer, error) { return []itemAnswer{{Value: v}}, nil }}
		_, err := all(t, s, new(wire), 1)[0].Read(t.Context())
		require.EqualError(t, err, fmt.Sprintf("read item 1: the value is %v, which is not a finite number of at least 0", v))
	}
}

func TestABatchThatRunsOutOfTimeKeepsTheAnswersThatItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := itemSource{Ask: func(ctx context.Context, _ *wire, items []item) ([]itemAnswer, error) {
			return driver.Each(ctx, 2, items, func(ctx context.Context, q item) (float64, error) {
				select {
				case <-time.After(time.Duration(q) * 2 * time.Second):
					return float64(q), nil
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			}), nil
		}}
		scalers := all(t, s, new(wire), 1, 2, 3, 4)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		results := scalerkit.ReadAll(ctx, scalers...)
		require.Equal(t, []float64{1, 2, 3}, valuesOf(t, results[:3]))
		require.ErrorIs(t, results[3].Err, context.DeadlineExceeded)
		require.NoError(t, ctx.Err())
	})
}

func TestQuestionsThatPanicOrComeTooLateFailAlone(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	answers := driver.Each(ctx, 1, []int{1, 2, 3}, func(_ context.Context, q int) (int, error) {
		if q == 2 {
			defer cancel(io.ErrClosedPipe)
			panic("no luck")
		}
		return q, nil
	})
	require.Equal(t, driver.Answer[int]{Value: 1}, answers[0])
	require.EqualError(t, answers[1].Err, "panic: no luck")
	require.Equal(t, driver.Answer[int]{Err: io.ErrClosedPipe}, answers[2])
}

func TestScalersThatAreClosedSaySo(t *testing.T) {
	scalers := all(t, itemSource{Ask: tens}, new(wire), 1, 2)
	require.NoError(t, scalers[1].Close())
	results := scalers[0].(scalerkit.Batcher).ReadBatch(t.Context(), scalers)
	require.NoError(t, results[0].Err)
	require.Equal(t, scalerkit.Result{Err: scalerkit.ErrClosed}, results[1])
	_, err := scalers[1].Read(t.Context())
	require.Equal(t, scalerkit.ErrClosed, err)
}

func TestScalersOfDifferentSourcesAreNoPeers(t *testing.T) {
	w, options := new(wire), scalerkit.Options{Pool: new(scalerkit.Pool)}
	key := func(s itemSource) any {
		one := s.New(options, on(w, 1))
		t.Cleanup(func() { require.NoError(t, one.Close()) })
		return one.(scalerkit.Batcher).BatchKey()
	}
	require.Same(t, key(itemSource{Name: "a", Ask: tens}), key(itemSource{Name: "a", Ask: tens}))
	require.NotSame(t, key(itemSource{Name: "a", Ask: tens}), key(itemSource{Name: "b", Ask: tens}))
	require.Equal(t, 1, options.Pool.Len())
}

func TestAnswersThatAreNoReadingNeedARead(t *testing.T) {
	type source = driver.Source[*wire, item, string]
	s := source{Ask: func(context.Context, *wire, []item) ([]driver.Answer[string], error) {
		return []driver.Answer[string]{{Value: "x"}}, nil
	}}
	require.PanicsWithValue(t, "driver: a string is no reading: the Plan needs a Read", func() {
		s.New(scalerkit.Options{}, driver.Plan[*wire, item, string]{})
	})
}
