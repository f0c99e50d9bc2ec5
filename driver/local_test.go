package driver_test

import (
	"context"
	"io"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

var hour = scalerkit.Metric{Name: "hour"}

// hourly has the hour of the day as its value.
func hourly(now time.Time) (scalerkit.Reading, time.Time) {
	this := now.Truncate(time.Hour)
	return scalerkit.Reading{Value: float64(this.Hour()), Limit: 23}, this.Add(time.Hour)
}

// watchIn watches in a goroutine, and returns how that ends.
func watchIn(ctx context.Context, w scalerkit.Watcher, changed func()) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- w.Watch(ctx, changed) }()
	return ended
}

func TestALocalSourceIsReadByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := driver.Local(scalerkit.Options{}, hour, hourly)
		require.Equal(t, hour, s.Metric())
		time.Sleep(7*time.Hour + time.Second)
		now := time.Now()
		r, err := s.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, scalerkit.Reading{Value: float64(now.Hour()), Limit: 23, Time: now}, r)

		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(io.EOF)
		r, err = s.Read(ctx)
		require.Equal(t, io.EOF, err)
		require.Zero(t, r)

		require.NoError(t, s.Close())
		require.NoError(t, s.Close())
		for _, ctx := range []context.Context{ctx, t.Context()} {
			r, err = s.Read(ctx)
			require.Equal(t, scalerkit.ErrClosed, err)
			require.Zero(t, r)
			require.Equal(t, scalerkit.ErrClosed, s.Watch(ctx, func() { t.Error("changed") }))
		}
	})
}

func TestAFaultyLocalSourceIsAnError(t *testing.T) {
	for want, at := range map[string]func(time.Time) (scalerkit.Reading, time.Time){
		"read hour: panic: no idea": func(time.Time) (scalerkit.Reading, time.Time) { panic("no idea") },
		"read hour: the value is NaN, which is not a finite number of at least 0": func(time.Time) (scalerkit.Reading, time.Time) {
			return scalerkit.Reading{Value: math.NaN()}, time.Time{}
		},
		"read hour: the value is -1, which is not a finite number of at least 0": func(time.Time) (scalerkit.Reading, time.Time) {
			return scalerkit.Reading{Value: -1}, time.Time{}
		},
	} {
		s := driver.Local(scalerkit.Options{}, hour, at)
		r, err := s.Read(t.Context())
		require.EqualError(t, err, want)
		require.Zero(t, r)
		require.NoError(t, s.Close())
	}
}

func TestAFaultyLocalSourceIsNotWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for want, at := range map[string]func(time.Time) (scalerkit.Reading, time.Time){
			"watch hour: panic: no idea": func(time.Time) (scalerkit.Reading, time.Time) { panic("no idea") },
			"watch hour: the next change, at 2000-01-01T00:00:00Z, is not later than now, 2000-01-01T00:00:00Z": func(now time.Time) (scalerkit.Reading, time.Time) {
				return scalerkit.Reading{}, now.UTC()
			},
		} {
			s := driver.LocalBy(func() time.Time { return time.Now().UTC() }, scalerkit.Options{}, hour, at)
			require.EqualError(t, s.Watch(t.Context(), func() { t.Error("changed") }), want)
			require.NoError(t, s.Close())
		}
	})
}

func TestAWatchTellsOfEachChangeWhenItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := driver.Local(scalerkit.Options{}, hour, hourly)
		begun := time.Now()
		var told []time.Duration
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := watchIn(ctx, s, func() { told = append(told, time.Since(begun)) })
		time.Sleep(3*time.Hour + time.Minute)
		cancel(io.EOF)
		require.Equal(t, io.EOF, <-ended)
		require.Equal(t, []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour}, told)
		require.NoError(t, s.Close())
	})
}

func TestAWatchOfWhatNeverChangesLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := func(time.Time) (scalerkit.Reading, time.Time) { return scalerkit.Reading{}, time.Time{} }
		s := driver.Local(scalerkit.Options{}, hour, never)
		ended := watchIn(t.Context(), s, func() { t.Error("changed") })
		time.Sleep(1000 * time.Hour)
		require.Empty(t, ended)
		require.NoError(t, s.Close())
		require.Equal(t, scalerkit.ErrClosed, <-ended)
	})
}

// TestTheWallClockCounts sets the clock while somebody watches.
func TestTheWallClockCounts(t *testing.T) {
	for name, c := range map[string]struct {
		step time.Duration // after half an hour
		want time.Duration // since the watch began
	}{
		"nobody sets it":                          {0, time.Hour},
		"set forward, but not as far":             {10 * time.Minute, 50 * time.Minute},
		"set forward past the change":             {40 * time.Minute, 31 * time.Minute},
		"set back":                                {-10 * time.Minute, 70 * time.Minute},
		"slowed down, so that the timer is early": {-time.Millisecond, time.Hour + time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var step atomic.Int64
				now := func() time.Time { return time.Now().Add(time.Duration(step.Load())).Round(0) }
				s := driver.LocalBy(now, scalerkit.Options{}, hour, hourly)
				begun, told := time.Now(), make(chan time.Duration, 1)
				ctx, cancel := context.WithCancel(t.Context())
				ended := watchIn(ctx, s, func() {
					told <- time.Since(begun)
					cancel()
				})
				time.Sleep(30*time.Minute + time.Second/2)
				step.Store(int64(c.step))
				require.ErrorIs(t, <-ended, context.Canceled)
				require.Equal(t, c.want, <-told)
				require.NoError(t, s.Close())
			})
		})
	}
}

// TestThousandsWatchAtOnce has watchers whose changes come at times of their
// own. A third of them is cancelled when half of the changes are over, and a
// third is closed.
func TestThousandsWatchAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, half = 3000, 1500 * time.Second
		options := scalerkit.Options{Pool: new(scalerkit.Pool)}
		begun := time.Now()
		change := func(i int) time.Duration { return time.Duration(1+i*7919%n) * time.Second }
		ctx, cancel := context.WithCancelCause(t.Context())
		scalers, ends, told := make([]scalerkit.Watcher, n), make([]<-chan error, n), make([][]time.Duration, n)
		for i := range n {
			scalers[i] = driver.Local(options, hour, func(now time.Time) (scalerkit.Reading, time.Time) {
				if at := begun.Add(change(i)); now.Before(at) {
					return scalerkit.Reading{}, at
				}
				return scalerkit.Reading{Value: 1}, time.Time{}
			})
			watched := t.Context()
			if i%3 == 1 {
				watched = ctx
			}
			ends[i] = watchIn(watched, scalers[i], func() { told[i] = append(told[i], time.Since(begun)) })
		}
		time.Sleep(half + time.Second/2)
		cancel(io.EOF)
		for i := 2; i < n; i += 3 {
			require.NoError(t, scalers[i].Close())
		}
		time.Sleep(half)
		for i, s := range scalers {
			require.NoError(t, s.Close())
			want, end := []time.Duration{change(i)}, scalerkit.ErrClosed
			if i%3 == 1 {
				end = io.EOF
			}
			if i%3 != 0 && change(i) > half {
				want = nil
			}
			require.Equal(t, end, <-ends[i])
			require.Equal(t, want, told[i])
		}
	})
}

// TestOneTimerServesAll counts how often the clock is looked at, which is once
// a minute for each timer.
func TestOneTimerServesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 100
		options := scalerkit.Options{Pool: new(scalerkit.Pool)}
		var looks atomic.Int64
		now := func() time.Time { looks.Add(1); return time.Now() }
		var scalers []scalerkit.Watcher
		for range n {
			s := driver.LocalBy(now, options, hour, hourly)
			scalers = append(scalers, s)
			watchIn(t.Context(), s, func() {})
		}
		synctest.Wait()
		looks.Store(0)
		time.Sleep(10*time.Minute + time.Second)
		require.LessOrEqual(t, looks.Load(), int64(2*10))
		for _, s := range scalers {
			require.NoError(t, s.Close())
		}
		synctest.Wait()
		looks.Store(0)
		time.Sleep(10 * time.Minute)
		require.Zero(t, looks.Load(), "the timer runs on though nobody watches")
	})
}
