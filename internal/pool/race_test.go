package pool_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/pool"
)

// A mess is a source whose connections do all that connections do.
type mess struct {
	mu    sync.Mutex
	wires []*wire
}

func (m *mess) open(ctx context.Context) (*wire, error) {
	switch rand.IntN(8) {
	case 0:
		return nil, errRefused
	case 1:
		panic("open")
	case 2: // pays no attention to its context
		time.Sleep(time.Duration(rand.IntN(100)))
	case 3:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	w := &wire{ctx: ctx}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wires = append(m.wires, w)
	return w, nil
}

func exchange(ctx context.Context, w *wire) (int, error) {
	switch rand.IntN(8) {
	case 0:
		w.broken.Store(true)
		return 0, errRefused
	case 1:
		panic("exchange")
	case 2: // pays no attention to its context
		time.Sleep(time.Duration(rand.IntN(100)))
	case 3:
		<-ctx.Done()
		return 0, ctx.Err()
	}
	if !w.IsClosed() && w.ctx.Err() != nil {
		return 0, errors.New("the context of an open connection ended")
	}
	return 1, nil
}

// expected reports whether err is what a mess leads to.
func expected(err error) bool {
	return err == nil || err.Error() == "panic: open" || err.Error() == "panic: exchange" ||
		slices.ContainsFunc([]error{errRefused, context.DeadlineExceeded, context.Canceled, pool.ErrClosed},
			func(target error) bool { return errors.Is(err, target) })
}

// TestPoolsStandTheHammer has many goroutines take shares, use them in all
// ways and close them, and then counts the connections.
func TestPoolsStandTheHammer(t *testing.T) {
	const workers, rounds, keys = 16, 300, 3
	synctest.Test(t, func(t *testing.T) {
		var (
			p    pool.Pool
			mess mess
			wait sync.WaitGroup
		)
		work := func() {
			s := pool.Share(&p, rand.IntN(keys), mess.open)
			if rand.IntN(2) == 0 {
				wait.Go(func() { _ = s.Close() })
			}
			for range 3 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(200)))
				use := pool.Use[*wire, int]
				if rand.IntN(2) == 0 {
					use = pool.UseAll[*wire, int]
				}
				if _, err := use(ctx, s, exchange); !expected(err) {
					t.Errorf("unexpected error: %v", err)
				}
				cancel()
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			if _, err := pool.Use(t.Context(), s, exchange); !errors.Is(err, pool.ErrClosed) {
				t.Errorf("use after close: %v", err)
			}
		}
		for range workers {
			wait.Go(func() {
				for range rounds {
					work()
				}
			})
		}
		wait.Wait()
		time.Sleep(time.Minute) // for those who pay no attention
		synctest.Wait()

		require.NotEmpty(t, mess.wires)
		for _, w := range mess.wires {
			require.EqualValues(t, 1, w.closes.Load(), "every connection is closed once")
		}
		t.Logf("%d connections", len(mess.wires))
	})
}
