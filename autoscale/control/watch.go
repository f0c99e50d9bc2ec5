package control

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/guard"
)

const (
	// firstRewatch is how long a watch that ended is let be; each time that it
	// does not last, twice as long.
	firstRewatch = time.Second

	// steady is how long a watch lasts that counts as having worked.
	steady = time.Minute
)

// watch pokes the workload whenever its source changes, until ctx ends. Watches
// begin spread, as rounds do.
func (r *Runner) watch(ctx context.Context, w *workload, s *source, watcher scalerkit.Watcher, log *slog.Logger) {
	changed := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for i := range w.triggers {
			if t := &w.triggers[i]; t.source == s {
				t.urgency = max(t.urgency, pushed)
			}
		}
		r.poke(w)
	}
	wait := time.Duration(phaseOf(s.number) * float64(firstWithin))
	for pause := firstRewatch; sleep(ctx, wait); pause *= 2 {
		began := time.Now()
		err := watchOnce(ctx, watcher, changed)
		if ctx.Err() != nil || errors.Is(err, scalerkit.ErrClosed) {
			return
		}
		if time.Since(began) >= steady {
			pause = firstRewatch
		}
		pause = min(pause, r.noteWatch(w, s, began, err, log))
		wait = pause/2 + rand.N(pause/2+1)
	}
}

// noteWatch logs that a watch ended: once for all that end with one source. It
// returns how long the watch is let be at most.
func (r *Runner) noteWatch(w *workload, s *source, began time.Time, err error, log *slog.Logger) time.Duration {
	now := time.Now()
	if err == nil {
		err = errors.New("it ended without a reason")
	}
	r.mu.Lock()
	if s.watching.cause != nil && now.Sub(began) >= steady && began.After(s.watching.since) {
		s.watching = failure{} // that one was over when this watch began
	}
	news := s.watching.note(now, "watch the source", err)
	failure, longest := s.watching, w.loop.MaxBackoff
	r.mu.Unlock()
	if news {
		failure.warn(log, err)
	}
	return longest
}

func watchOnce(ctx context.Context, watcher scalerkit.Watcher, changed func()) (err error) {
	defer guard.Catch(&err)
	return watcher.Watch(ctx, changed)
}

// sleep waits for d and reports whether ctx has not ended by then.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
