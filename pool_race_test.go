package scalerkit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// TestPoolsStandTheHammer has many goroutines take shares, use them in all
// ways, break connections and close, and then counts what is left.
func TestPoolsStandTheHammer(t *testing.T) {
	const workers, rounds, keys = 16, 300, 3
	var (
		pool  scalerkit.Pool
		mu    sync.Mutex
		wires []*wire
	)
	open := func(ctx context.Context) (*wire, error) {
		switch rand.IntN(8) {
		case 0:
			return nil, errRefused
		case 1:
			panic("open")
		case 2: // pays no attention
			time.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond)
		case 3:
			<-ctx.Done()
			return nil, ctx.Err()
		}
		w := new(wire)
		mu.Lock()
		defer mu.Unlock()
		wires = append(wires, w)
		return w, nil
	}
	exchange := func(ctx context.Context, w *wire) (int, error) {
		switch rand.IntN(8) {
		case 0:
			w.broken.Store(true)
			return 0, errRefused
		case 1:
			panic("exchange")
		case 2:
			<-ctx.Done()
			return 0, ctx.Err()
		}
		return 1, nil
	}
	use := func(s *share) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(200))*time.Microsecond)
		defer cancel()
		if rand.IntN(2) == 0 {
			_, err := scalerkit.UseAll(ctx, s, exchange)
			return err
		}
		_, err := scalerkit.Use(ctx, s, exchange)
		if s.IsClosed() && err == nil {
			return nil // closed after it was answered
		}
		return err
	}

	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for range rounds {
				key := rand.IntN(keys)
				s := scalerkit.Share(&pool, key, open)
				wait.Go(func() {
					if rand.IntN(2) == 0 {
						_ = s.Close()
					}
				})
				for range 3 {
					if err := use(s); err != nil && !expected(err) {
						t.Errorf("unexpected error: %v", err)
					}
				}
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
				if _, err := scalerkit.Use(t.Context(), s, exchange); !errors.Is(err, scalerkit.ErrClosed) {
					t.Errorf("use after close: %v", err)
				}
			}
		})
	}
	wait.Wait()

	// Attempts and exchanges that nobody waits for any more come to their end.
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, w := range wires {
			if w.closes.Load() != 1 {
				return false
			}
		}
		return true
	}, 10*time.Second, time.Millisecond, "every connection is closed once")
	require.NotEmpty(t, wires)
	t.Logf("%d connections", len(wires))
}

// expected reports whether the hammer test provokes err.
func expected(err error) bool {
	for _, e := range []error{errRefused, context.DeadlineExceeded, context.Canceled, scalerkit.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	return fmt.Sprint(err) == "panic: open" || fmt.Sprint(err) == "panic: exchange"
}
