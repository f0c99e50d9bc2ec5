package pool_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/pool"
)

// A wire is a connection that remembers what was done to it.
type wire struct {
	number int32
	closes atomic.Int32
	broken atomic.Bool
	err    error           // of Close
	ctx    context.Context // that it was opened with, if it matters
}

func (w *wire) Close() error   { w.closes.Add(1); w.broken.Store(true); return w.err }
func (w *wire) IsClosed() bool { return w.broken.Load() }

type share = pool.Shared[*wire]

// A broker is what wires lead to.
type broker struct {
	pool  pool.Pool
	opens atomic.Int32
	err   error // of opening

	mu    sync.Mutex
	wires []*wire // in the order in which they were ready

	// dial takes the time of opening; it returns at once if nil.
	dial func(context.Context) error
}

func (b *broker) open(ctx context.Context) (*wire, error) {
	w := &wire{number: b.opens.Add(1)}
	if b.dial != nil {
		if err := b.dial(ctx); err != nil {
			return nil, err
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wires = append(b.wires, w)
	return w, nil
}

// beside tells connections apart.
func beside[C io.Closer](s *pool.Shared[C]) *int { return pool.Beside[int](s, "") }

func (b *broker) share() *share { return pool.Share(&b.pool, "broker", b.open) }

// number is the use that tells connections apart.
func number(_ context.Context, w *wire) (int32, error) { return w.number, nil }

// until returns a dial that lasts until the channel is closed or its context
// ends.
func until(done <-chan struct{}) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// An answer is what Use returned.
type answer struct {
	value int32
	err   error
}

// use calls Use in the background.
func use(ctx context.Context, s *share, f func(context.Context, *wire) (int32, error)) <-chan answer {
	return run(func() (int32, error) { return pool.Use(ctx, s, f) })
}

func useAll(ctx context.Context, s *share, f func(context.Context, *wire) (int32, error)) <-chan answer {
	return run(func() (int32, error) { return pool.UseAll(ctx, s, f) })
}

func run(f func() (int32, error)) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		value, err := f()
		answers <- answer{value, err}
	}()
	return answers
}

// wantAnswer fails the test unless the answer has come by now.
func wantAnswer(t *testing.T, answers <-chan answer, value int32, err error) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-answers:
		require.Equal(t, answer{value, err}, got)
	default:
		require.FailNow(t, "there is no answer")
	}
}

func wantNoAnswer(t *testing.T, answers <-chan answer) {
	t.Helper()
	synctest.Wait()
	require.Empty(t, answers)
}

var errRefused = errors.New("connection refused")
