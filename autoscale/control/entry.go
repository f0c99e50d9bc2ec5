package control

import (
	"container/heap"
	"context"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/internal/guard"
)

// An entry is a workload in a Runner. Within a round it belongs to the round,
// whose goroutines hand it on under the Runner's mutex; outside it belongs to
// the mutex.
type entry struct {
	key      scalerkit.Key
	loop     Loop // without Triggers and State, which are the next three
	triggers []trigger
	samples  []autoscale.Sample // of the triggers, at the same indices
	state    autoscale.State
	jobs     autoscale.JobState
	phase    float64 // of the source that the Runner has known longest

	acting, observing fault

	// Under the mutex at all times.
	due     time.Duration // since the epoch
	index   int           // in the schedule, -1 if it is not there
	began   time.Duration // the last round; since the epoch
	inRound bool
	waiting int           // triggers of the round that have not answered
	poked   bool          // during the round
	deleted chan struct{} // to be closed after the round, which is the last; nil if it is not
	next    *plan         // takes the place of loop after the round, if deleted as a new entry
}

// A trigger is a Trigger of an entry.
type trigger struct {
	entry   *entry
	sample  *autoscale.Sample
	scaler  scalerkit.Scaler
	source  *source
	err     error // of the last exchange
	fault   fault
	unwatch context.CancelFunc // nil if it is not watched
	urgency urgency            // of the next read; under the Runner's mutex at all times
}

// begin makes the entry one that is new.
func (e *entry) begin(p *plan) {
	e.acting, e.observing = fault{}, fault{}
	e.state, e.jobs = p.loop.State, autoscale.JobState{}
	if p.loop.Jobs != nil {
		e.jobs = p.loop.Jobs.State
	}
}

// apply makes the entry what the plan says, and returns the Scalers that are
// no longer used. The caller holds the mutex; the entry is not in a round.
func (r *Runner) apply(e *entry, p *plan) (unused []scalerkit.Scaler) {
	before := e.triggers
	unused = missing(e.scalers(), p.scalers...)
	e.loop, e.samples = p.loop, p.samples
	e.loop.State = autoscale.State{} // would only take memory
	e.triggers = make([]trigger, len(p.scalers))
	oldest := -1
	for i, s := range p.scalers {
		t := &e.triggers[i]
		if old := find(before, s); old != nil {
			*t = *old
			*old = trigger{} // has nothing to release any more
		} else {
			t.source = r.sources.join(p.keys[i])
			if len(before) > 0 { // who has changed it waits for it
				t.urgency = wanted
			}
		}
		t.entry, t.sample, t.scaler = e, &e.samples[i], s
		if n := t.source.number; oldest < 0 || n < oldest {
			oldest = n
		}
	}
	e.phase = phaseOf(oldest)
	r.release(before)
	if r.isRunning() {
		r.welcome(e, r.now())
	}
	return unused
}

// welcome schedules the first round and watches where there is something to
// watch. The caller holds the mutex.
func (r *Runner) welcome(e *entry, now time.Duration) {
	r.schedule(e, e.first(now))
	for i := range e.triggers {
		t := &e.triggers[i]
		if w, ok := t.scaler.(scalerkit.Watcher); ok && t.unwatch == nil {
			var ctx context.Context
			ctx, t.unwatch = context.WithCancel(r.ctx)
			source, log := t.source, r.Logger.With(t.attrs()...)
			r.wait.Go(func() { r.watch(ctx, e, source, w, log) })
		}
	}
}

// dismiss takes the entry out of the Runner and returns its Scalers. The caller
// holds the mutex; the entry is not in a round.
func (r *Runner) dismiss(e *entry) []scalerkit.Scaler {
	delete(r.entries, e.key)
	if e.index >= 0 {
		heap.Remove(&r.due, e.index)
	}
	r.release(e.triggers)
	return e.scalers()
}

// release takes the triggers from their sources. The caller holds the mutex.
func (r *Runner) release(triggers []trigger) {
	for i := range triggers {
		t := &triggers[i]
		if t.unwatch != nil {
			t.unwatch()
		}
		if t.source != nil {
			r.sources.leave(t.source)
		}
	}
}

// close closes Scalers. The caller does not hold the mutex.
func (r *Runner) close(scalers []scalerkit.Scaler) {
	r.disown(scalers)
	for _, s := range scalers {
		if err := closeScaler(s); err != nil {
			withStack(r.Logger, err).Warn("cannot close the scaler", "error", err)
		}
	}
}

func closeScaler(s scalerkit.Scaler) (err error) {
	defer guard.Catch(&err)
	return s.Close()
}

// scalers returns the Scalers of the entry's triggers.
func (e *entry) scalers() []scalerkit.Scaler {
	scalers := make([]scalerkit.Scaler, len(e.triggers))
	for i := range e.triggers {
		scalers[i] = e.triggers[i].scaler
	}
	return scalers
}

// attrs implements subject.
func (e *entry) attrs() []any {
	if e.key == (scalerkit.Key{}) {
		return nil
	}
	return []any{slog.String("namespace", e.key.Namespace), slog.String("name", e.key.Name)}
}

// attrs implements subject.
func (t *trigger) attrs() []any {
	return append(t.entry.attrs(),
		slog.String("trigger", t.sample.Trigger), slog.String("metric", t.sample.Metric.Name))
}

// logger returns what the entry logs to.
func (r *Runner) logger(e *entry) *slog.Logger {
	if e.loop.Logger != nil {
		return e.loop.Logger
	}
	return r.Logger
}

// find returns the trigger that has the Scaler, or nil.
func find(triggers []trigger, s scalerkit.Scaler) *trigger {
	for i := range triggers {
		if same(triggers[i].scaler, s) {
			return &triggers[i]
		}
	}
	return nil
}

// missing returns the scalers that are not among the others.
func missing(scalers []scalerkit.Scaler, others ...scalerkit.Scaler) []scalerkit.Scaler {
	return slices.DeleteFunc(slices.Clone(scalers), func(s scalerkit.Scaler) bool {
		return slices.ContainsFunc(others, func(o scalerkit.Scaler) bool { return same(s, o) })
	})
}

// same says whether a and b are one Scaler. Scalers that cannot be compared
// are not.
func same(a, b scalerkit.Scaler) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.ValueOf(a).Comparable() && a == b
}
