package pool_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/pool"
)

// hang pays no attention to its context.
func hang(done <-chan struct{}) func(context.Context, *wire) (int32, error) {
	return func(context.Context, *wire) (int32, error) {
		<-done
		return 7, nil
	}
}

// heed waits for its context.
func heed(ctx context.Context, _ *wire) (int32, error) {
	<-ctx.Done()
	return 7, fmt.Errorf("read: %w", ctx.Err())
}

func TestCloseEndsUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		var b broker
		s, other := b.share(), b.share()
		inattentive, attentive := use(t.Context(), s, hang(done)), use(t.Context(), s, heed)
		undisturbed := use(t.Context(), other, hang(done))
		synctest.Wait()
		require.False(t, s.IsClosed())
		closeAll(t, s)
		require.True(t, s.IsClosed())
		require.False(t, other.IsClosed())
		wantAnswer(t, inattentive, 0, pool.ErrClosed)
		wantAnswer(t, attentive, 0, pool.ErrClosed)
		wantNoAnswer(t, undisturbed)
		close(done)
		wantAnswer(t, undisturbed, 7, nil)
		closeAll(t, other)
	})
}

func TestUseAfterCloseDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b broker
		never := func(context.Context, *wire) (int32, error) { panic("called") }
		s := b.share()
		closeAll(t, s)
		wantAnswer(t, use(t.Context(), s, never), 0, pool.ErrClosed)
		wantAnswer(t, useAll(t.Context(), s, never), 0, pool.ErrClosed)
		require.Zero(t, b.opens.Load())

		closed, open := b.share(), b.share()
		closeAll(t, closed)
		wantAnswer(t, use(t.Context(), closed, never), 0, pool.ErrClosed)
		require.Zero(t, b.opens.Load())
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(io.EOF)
		wantAnswer(t, use(ctx, open, never), 0, io.EOF)
		require.Zero(t, b.opens.Load())
		closeAll(t, open)
	})
}

func TestContextsEndUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		var b broker
		s := b.share()
		ctx, cancel := context.WithCancelCause(t.Context())
		inattentive, all := use(ctx, s, hang(done)), useAll(ctx, s, hang(done))
		synctest.Wait()
		cancel(io.ErrUnexpectedEOF)
		wantAnswer(t, inattentive, 0, io.ErrUnexpectedEOF)
		wantAnswer(t, all, 0, io.ErrUnexpectedEOF)
		close(done)
		closeAll(t, s)
	})
}

func TestUseAllLastsUntilTheLastShareIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		var b broker
		s, other := b.share(), b.share()
		inattentive, attentive := useAll(t.Context(), s, hang(done)), useAll(t.Context(), s, heed)
		synctest.Wait()
		closeAll(t, s)
		wantNoAnswer(t, inattentive)
		wantNoAnswer(t, attentive)
		require.Zero(t, b.wires[0].closes.Load())
		closeAll(t, other)
		wantAnswer(t, inattentive, 0, pool.ErrClosed)
		wantAnswer(t, attentive, 0, pool.ErrClosed)
		require.EqualValues(t, 1, b.wires[0].closes.Load())
		close(done)
	})
}

func TestClosingTwiceIsTheSameAsClosingOnce(t *testing.T) {
	var b broker
	s, other := b.share(), b.share()
	_, err := pool.Use(t.Context(), s, number)
	require.NoError(t, err)
	b.wires[0].err = io.ErrShortWrite
	for range 3 {
		require.NoError(t, s.Close())
	}
	for range 3 {
		require.Equal(t, io.ErrShortWrite, other.Close(), "of the connection")
	}
	require.EqualValues(t, 1, b.wires[0].closes.Load())
}

func TestThatABrokenConnectionCannotBeClosedIsNoError(t *testing.T) {
	t.Run("since it says so", func(t *testing.T) {
		var b broker
		s := b.share()
		_, err := pool.Use(t.Context(), s, number)
		require.NoError(t, err)
		b.wires[0].broken.Store(true)
		b.wires[0].err = io.ErrClosedPipe
		require.NoError(t, s.Close())
		require.EqualValues(t, 1, b.wires[0].closes.Load())
	})
	t.Run("since its socket was closed", func(t *testing.T) {
		s := pool.Share(nil, 0, func(context.Context) (closer, error) {
			return func() error { return &net.OpError{Op: "close", Err: net.ErrClosed} }, nil
		})
		_, err := pool.Use(t.Context(), s, func(context.Context, closer) (int, error) { return 0, nil })
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}

type closer func() error

func (c closer) Close() error { return c() }

func TestAPanicOfTheConnectionsCloseIsAnError(t *testing.T) {
	s := pool.Share(nil, 0, func(context.Context) (closer, error) {
		return func() error { panic("half open") }, nil
	})
	_, err := pool.Use(t.Context(), s, func(context.Context, closer) (int, error) { return 0, nil })
	require.NoError(t, err)
	require.EqualError(t, s.Close(), "panic: half open")
}

// A grenade is a connection that panics whatever it is asked.
type grenade struct{}

func (grenade) Close() error   { panic("close") }
func (grenade) IsClosed() bool { panic("is closed") }

func TestConnectionsThatPanicDoNotTakeTheProgramWithThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := pool.Share(new(pool.Pool), 0, func(context.Context) (grenade, error) { return grenade{}, nil })
		for range 3 {
			_, err := pool.Use(t.Context(), s, func(context.Context, grenade) (int, error) { return 0, nil })
			require.NoError(t, err)
			synctest.Wait()
		}
		require.NoError(t, s.Close())
	})
}

func TestTheLastCloseDuringOpenCancelsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker{dial: until(nil)}
		s := b.share()
		waiting, all := use(t.Context(), s, number), useAll(t.Context(), s, number)
		synctest.Wait()
		closeAll(t, s)
		wantAnswer(t, waiting, 0, pool.ErrClosed)
		wantAnswer(t, all, 0, pool.ErrClosed)
		require.Empty(t, b.wires)
	})
}

func TestAConnectionThatOpensAfterTheLastCloseIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		b := broker{dial: func(context.Context) error { <-done; return nil }}
		s := b.share()
		waiting := use(t.Context(), s, number)
		synctest.Wait()
		closeAll(t, s)
		wantAnswer(t, waiting, 0, pool.ErrClosed)

		again := b.share() // does not get what the others left behind
		close(done)
		wantAnswer(t, use(t.Context(), again, number), 2, nil)
		closeAll(t, again)
		require.Len(t, b.wires, 2)
		for _, w := range b.wires {
			require.EqualValues(t, 1, w.closes.Load())
		}
	})
}

func TestCloseByOneShareDuringOpenLeavesItToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		b := broker{dial: until(done)}
		s, other := b.share(), b.share()
		waiting, patient := use(t.Context(), s, number), use(t.Context(), other, number)
		synctest.Wait()
		closeAll(t, s)
		wantAnswer(t, waiting, 0, pool.ErrClosed)
		close(done)
		wantAnswer(t, patient, 1, nil)
		closeAll(t, other)
		require.EqualValues(t, 1, b.opens.Load())
	})
}

func TestASlowCloseHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		var opened int32
		p := new(pool.Pool)
		open := func(context.Context) (*slowCloser, error) {
			opened++
			return &slowCloser{done: done, number: opened}, nil
		}
		s, other := pool.Share(p, 0, open), pool.Share(p, 0, open)
		get := func() (int32, error) {
			return pool.Use(t.Context(), s, func(_ context.Context, c *slowCloser) (int32, error) {
				c.broken = true
				return c.number, nil
			})
		}
		wantAnswer(t, run(get), 1, nil)
		wantAnswer(t, run(get), 2, nil)
		require.NoError(t, other.Close())
		ended := run(func() (int32, error) { return 0, s.Close() })
		wantNoAnswer(t, ended)
		fresh := pool.Share(p, 0, open)
		wantAnswer(t, run(func() (int32, error) {
			return pool.Use(t.Context(), fresh, func(_ context.Context, c *slowCloser) (int32, error) { return c.number, nil })
		}), 3, nil)
		close(done)
		wantAnswer(t, ended, 0, nil)
		require.NoError(t, fresh.Close())
	})
}

// A slowCloser closes when the channel does.
type slowCloser struct {
	done   chan struct{}
	broken bool
	number int32
}

func (c *slowCloser) Close() error   { <-c.done; return nil }
func (c *slowCloser) IsClosed() bool { return c.broken }
