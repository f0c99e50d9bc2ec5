package autoscale

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

// watch pokes the entry whenever its source changes, until ctx ends. Watches
// begin spread, as rounds do.
func (r *Runner) watch(ctx context.Context, e *entry, s *source, w scalerkit.Watcher, log *slog.Logger) {
	changed := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.poke(e)
	}
	wait := time.Duration(phaseOf(s.number) * float64(firstWithin))
	for pause := firstRewatch; sleep(ctx, wait); pause = min(2*pause, longestBackoff) {
		began := time.Now()
		err := watchOnce(ctx, w, changed)
		if ctx.Err() != nil || errors.Is(err, scalerkit.ErrClosed) {
			return
		}
		if time.Since(began) >= steady {
			pause = firstRewatch
		}
		r.noteWatch(s, began, err, log)
		wait = pause/2 + rand.N(pause/2+1)
	}
}

// noteWatch logs that a watch ended: once for all that end with one source.
func (r *Runner) noteWatch(s *source, began time.Time, err error, log *slog.Logger) {
	now := time.Now()
	if err == nil {
		err = errors.New("it ended without a reason")
	}
	r.mu.Lock()
	if now.Sub(began) >= steady && began.After(s.watching.since) {
		s.watching = fault{} // that one was over when this watch began
	}
	news := s.watching.note(now, "watch the source", err)
	fault := s.watching
	r.mu.Unlock()
	if news {
		fault.warn(log, err)
	}
}

func watchOnce(ctx context.Context, w scalerkit.Watcher, changed func()) (err error) {
	defer guard.Catch(&err)
	return w.Watch(ctx, changed)
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
