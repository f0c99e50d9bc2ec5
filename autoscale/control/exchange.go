package control

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/batch"
	"github.com/scalerkit/scalerkit/internal/guard"
)

// An Exchange is one exchange of a [Runner] with a source.
type Exchange struct {
	Time     time.Time     // when it began
	Duration time.Duration // until the source had answered, or failed
	Triggers int           // how many were read

	// Err is why the source is left alone now: it is down or throttled. The
	// failure of a trigger that is not the source's is in its Sample only.
	Err error

	// All yields the workload and the name of each trigger. It is not for use
	// after Runner.Exchanged has returned.
	All iter.Seq2[scalerkit.Key, string]
}

// exchange reads all triggers that the source has been asked for.
func (r *Runner) exchange(s *source) {
	r.mu.Lock()
	s.reading, s.asked = s.asked, s.reading[:0]
	for _, t := range s.reading {
		t.urgency = routine
	}
	r.mu.Unlock()

	// The outage is written by exchanges only, of which there is one at a time.
	outage := s.outage
	if r.ctx.Err() == nil {
		began := time.Now()
		v := r.read(s)
		ended := time.Now()
		r.tellClosed(s)
		// What fails because Run ends says nothing about the source.
		if r.ctx.Err() == nil {
			outage.note(v, began, ended, s.backoff())
			r.logExchange(s, &outage, v)
			if err := r.tell(s, v, began, ended); err != nil {
				withStack(r.Logger, err).Error("cannot tell of the exchange", "error", err)
			}
		}
	}
	r.conclude(s, outage)
}

// read is the exchange itself. It puts the results where they belong.
func (r *Runner) read(s *source) verdict {
	scalers := make([]scalerkit.Scaler, len(s.reading))
	for i, t := range s.reading {
		scalers[i] = t.scaler
	}
	ctx, cancel := context.WithTimeoutCause(r.ctx, r.Timeout, r.timeout)
	defer cancel()
	results := batch.Read[scalerkit.Result](ctx, scalers)
	for i, t := range s.reading {
		t.err = results[i].Err
		t.sample.Reading, t.sample.Err = results[i].Reading, results[i].Err
	}
	return judge(results)
}

// tellClosed tells of Scalers that somebody else has closed: the Runner closes
// none that is being read.
func (r *Runner) tellClosed(s *source) {
	if r.closed == nil {
		return
	}
	for _, t := range s.reading {
		if errors.Is(t.err, scalerkit.ErrClosed) {
			r.closed(fmt.Errorf("trigger %q: somebody else has closed its Scaler: %w", t.sample.Trigger, t.err))
		}
	}
}

// tell tells Exchanged of an exchange.
func (r *Runner) tell(s *source, v verdict, began, ended time.Time) (err error) {
	if r.Exchanged == nil {
		return nil
	}
	defer guard.Catch(&err)
	x := Exchange{Time: began, Duration: ended.Sub(began), Triggers: len(s.reading), All: s.all}
	if v.down() {
		x.Err = v.err
	}
	r.Exchanged(x)
	return nil
}

// all is Exchange.All.
func (s *source) all(yield func(scalerkit.Key, string) bool) {
	for _, t := range s.reading {
		if !yield(t.workload.key, t.sample.Trigger) {
			return
		}
	}
}

// backoff is the least of those whose triggers are being read.
func (s *source) backoff() backoff {
	least := s.reading[0].workload.loop.backoff()
	for _, t := range s.reading {
		b := t.workload.loop.backoff()
		least.interval = min(least.interval, b.interval)
		least.max = min(least.max, b.max)
		least.retryAfter = min(least.retryAfter, b.retryAfter)
	}
	return least
}

// logExchange logs what is news: an outage once, not for every trigger that it
// concerns, and what is only one trigger's matter with that trigger.
func (r *Runner) logExchange(s *source, o *outage, v verdict) {
	now := time.Now()
	if v.down() {
		o.failure.report(r.Logger, now, "read the source", v.err, s)
		return
	}
	if v.answered {
		o.failure.report(r.Logger, now, "read the source", nil, s)
	}
	for _, t := range s.reading {
		t.failure.report(r.logger(t.workload), now, "read the trigger", t.err, t)
	}
}

// attrs implements subject. It names one of the triggers, because the key is
// not for show.
func (s *source) attrs() []any {
	return append(s.reading[0].attrs(), slog.Int("triggers", len(s.reading)))
}

// conclude hands the triggers back to their rounds and has those read next
// that asked meanwhile.
func (r *Runner) conclude(s *source, o outage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.outage = o
	for _, t := range s.reading {
		r.answered(t)
	}
	clear(s.reading)
	now := time.Now()
	s.asked = slices.DeleteFunc(s.asked, func(t *trigger) bool {
		if !o.holds(now, t.urgency) {
			return false
		}
		t.skip()
		r.answered(t)
		return true
	})
	if s.exchange = len(s.asked) > 0; s.exchange {
		r.enqueue(s)
	}
}
