package pool_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/pool"
)

func TestConnectionsAreOpenedOnFirstUseAndShared(t *testing.T) {
	var b broker
	first, second := b.share(), b.share()
	require.Zero(t, b.opens.Load())
	require.Equal(t, 1, b.pool.Len())
	require.Same(t, beside(first), beside(second))
	for _, s := range []*share{first, second, first} {
		n, err := pool.Use(t.Context(), s, number)
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	}
	require.NoError(t, first.Close())
	require.Zero(t, b.wires[0].closes.Load())
	require.NoError(t, second.Close())
	require.EqualValues(t, 1, b.wires[0].closes.Load())
	require.EqualValues(t, 1, b.opens.Load())
	require.Zero(t, b.pool.Len())

	third := b.share()
	require.NotSame(t, beside(first), beside(third), "the last share ended the connection")
	n, err := pool.Use(t.Context(), third, number)
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.NoError(t, third.Close())
}

func TestWhatIsBesideAConnectionIsKeptByTypeAndKey(t *testing.T) {
	var b broker
	s := b.share()
	*pool.Beside[int](s, "a") = 1
	require.Equal(t, 1, *pool.Beside[int](b.share(), "a"))
	require.Zero(t, *pool.Beside[int](s, "b"))
	require.Zero(t, *pool.Beside[int32](s, "a"))
}

func TestSharesThatAreNeverUsedOpenAndCloseNothing(t *testing.T) {
	var b broker
	s := b.share()
	require.NoError(t, s.Close())
	require.Zero(t, b.opens.Load())
}

func TestSharesWithoutAPoolShareWithNobody(t *testing.T) {
	var b broker
	first, second := pool.Share(nil, "broker", b.open), pool.Share(nil, "broker", b.open)
	require.NotSame(t, beside(first), beside(second))
	for i, s := range []*share{first, second} {
		n, err := pool.Use(t.Context(), s, number)
		require.NoError(t, err)
		require.EqualValues(t, i+1, n)
	}
	require.NoError(t, first.Close())
	require.EqualValues(t, 1, b.wires[0].closes.Load())
	require.Zero(t, b.wires[1].closes.Load())
	require.NoError(t, second.Close())
}

func TestKeysOfDifferentTypesDoNotCollide(t *testing.T) {
	type key string
	var p pool.Pool
	var b broker
	wires := pool.Share(&p, "same", b.open)
	others := pool.Share(&p, "same", func(context.Context) (io.Closer, error) { return io.NopCloser(nil), nil })
	typed := pool.Share(&p, key("same"), b.open)
	different := pool.Share(&p, "different", b.open)
	ids := map[any]bool{beside(wires): true, beside(others): true, beside(typed): true, beside(different): true}
	require.Len(t, ids, 4)

	_, err := pool.Use(t.Context(), others, func(context.Context, io.Closer) (int, error) { return 0, nil })
	require.NoError(t, err)
	for _, s := range []io.Closer{wires, others, typed, different} {
		require.NoError(t, s.Close())
	}
}

func TestWhoeverWaitsSharesOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		b := broker{dial: until(done)}
		var shares []*share
		var answers []<-chan answer
		for range 100 {
			s := b.share()
			shares = append(shares, s)
			answers = append(answers, use(t.Context(), s, number))
		}
		wantNoAnswer(t, answers[0])
		close(done)
		for _, a := range answers {
			wantAnswer(t, a, 1, nil)
		}
		require.EqualValues(t, 1, b.opens.Load())
		closeAll(t, shares...)
	})
}

func TestAFailedAttemptIsSharedAndThenRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		b := broker{dial: until(done), err: errRefused}
		s, other := b.share(), b.share()
		first, second := use(t.Context(), s, number), use(t.Context(), other, number)
		synctest.Wait()
		close(done)
		wantAnswer(t, first, 0, errRefused)
		wantAnswer(t, second, 0, errRefused)
		require.EqualValues(t, 1, b.opens.Load())

		b.err = nil
		wantAnswer(t, use(t.Context(), s, number), 2, nil)
		closeAll(t, s, other)
	})
}

func TestGivingUpLeavesTheAttemptToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		b := broker{dial: until(done)}
		s, other := b.share(), b.share()
		ctx, cancel := context.WithCancelCause(t.Context())
		impatient, patient := use(ctx, s, number), use(t.Context(), other, number)
		synctest.Wait()
		cancel(io.EOF)
		wantAnswer(t, impatient, 0, io.EOF)
		wantNoAnswer(t, patient)
		close(done)
		wantAnswer(t, patient, 1, nil)
		wantAnswer(t, use(t.Context(), s, number), 1, nil)
		require.EqualValues(t, 1, b.opens.Load())
		closeAll(t, s, other)
	})
}

func TestAnAttemptThatHangsDoesNotHoldUpWhoComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, mended := make(chan struct{}), make(chan struct{})
		close(mended)
		b := broker{}
		b.dial = func(ctx context.Context) error {
			if b.opens.Load() == 1 {
				return until(hang)(ctx)
			}
			return nil
		}
		s := b.share()
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first := use(brief, s, number)
		second := use(t.Context(), s, number)
		time.Sleep(time.Second)
		wantAnswer(t, first, 0, context.DeadlineExceeded)
		wantNoAnswer(t, second)
		wantAnswer(t, use(t.Context(), s, number), 2, nil)

		close(hang) // the first attempt succeeds after all
		wantAnswer(t, second, 2, nil)
		require.EqualValues(t, 0, b.wires[0].closes.Load())
		require.EqualValues(t, 1, b.wires[1].closes.Load(), "a second connection is not needed")
		require.EqualValues(t, 1, b.wires[1].number)
		closeAll(t, s)
	})
}

func TestAnAttemptThatNobodyWaitsForEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		b := broker{}
		b.dial = func(ctx context.Context) error {
			<-ctx.Done()
			ended = ctx.Err()
			return nil // too late
		}
		s := b.share()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first, second := use(ctx, s, number), use(ctx, s, number)
		time.Sleep(time.Second)
		wantAnswer(t, first, 0, context.DeadlineExceeded)
		wantAnswer(t, second, 0, context.DeadlineExceeded)
		require.ErrorIs(t, ended, context.Canceled)
		require.EqualValues(t, 1, b.wires[0].closes.Load(), "the connection that came too late is closed")
		closeAll(t, s)
	})
}

func TestTheContextOfOpenLastsAsLongAsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var contexts []context.Context
		b := broker{}
		b.dial = func(ctx context.Context) error { contexts = append(contexts, ctx); return nil }
		s, other := b.share(), b.share()
		ctx, cancel := context.WithCancel(t.Context())
		wantAnswer(t, use(ctx, s, number), 1, nil)
		cancel()
		closeAll(t, s)
		require.NoError(t, contexts[0].Err())

		b.wires[0].broken.Store(true)
		wantAnswer(t, use(t.Context(), other, number), 2, nil)
		require.ErrorIs(t, contexts[0].Err(), context.Canceled)
		require.NoError(t, contexts[1].Err())
		closeAll(t, other)
		require.ErrorIs(t, contexts[1].Err(), context.Canceled)
	})
}

func TestBrokenConnectionsAreOpenedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b broker
		s := b.share()
		wantAnswer(t, use(t.Context(), s, number), 1, nil)
		b.wires[0].broken.Store(true)

		b.err = errRefused
		wantAnswer(t, use(t.Context(), s, number), 0, errRefused)
		b.err = nil
		wantAnswer(t, use(t.Context(), s, number), 3, nil)
		require.EqualValues(t, 1, b.wires[0].closes.Load(), "the broken one is closed as well")
		wantAnswer(t, use(t.Context(), s, number), 3, nil)
		closeAll(t, s)
		require.EqualValues(t, 1, b.wires[0].closes.Load())
		require.EqualValues(t, 1, b.wires[1].closes.Load())
	})
}

func TestPanicsBecomeErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker{dial: func(context.Context) error { panic("no route") }}
		s := b.share()
		_, err := pool.Use(t.Context(), s, number)
		require.EqualError(t, err, "panic: no route")

		b.dial = nil
		for _, use := range []func(context.Context, *share, func(context.Context, *wire) (int, error)) (int, error){
			pool.Use[*wire, int], pool.UseAll[*wire, int],
		} {
			value, err := use(t.Context(), s, func(context.Context, *wire) (int, error) { panic(errors.New("no answer")) })
			require.Zero(t, value)
			require.EqualError(t, err, "panic: no answer")
		}
		wantAnswer(t, use(t.Context(), s, number), 2, nil)
		closeAll(t, s)
	})
}

func closeAll(t *testing.T, shares ...*share) {
	t.Helper()
	for _, s := range shares {
		require.NoError(t, s.Close())
	}
	synctest.Wait()
}
