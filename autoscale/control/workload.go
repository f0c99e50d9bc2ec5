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

// A workload is one of those in a Runner. Within a round it belongs to the
// round, whose goroutines hand it on under the Runner's mutex; outside it belongs
// to the mutex.
type workload struct {
	key      scalerkit.Key
	loop     Loop // without Triggers, which are the next two; its State is that of the last round
	triggers []trigger
	samples  []autoscale.Sample // of the triggers, at the same indices
	jobs     autoscale.JobState
	phase    float64 // of the source that the Runner has known longest

	again time.Duration // what the last decision asked for, if it was carried out: Decision.Next
	works bool          // there were replicas or jobs at the end of the last round

	acting, observing failure

	// Under the mutex at all times.
	due     time.Duration // since the epoch
	index   int           // in the schedule, -1 if it is not there
	hurried time.Duration // the last round that a poke brought forward; since the epoch
	early   bool          // a poke has brought the next round forward
	inRound bool
	poked   bool          // during the round
	waiting int           // triggers of the round that have not answered
	deleted chan struct{} // to be closed after the round, which is the last; nil if it is not
	last    *Round        // nil if there was none, or none is kept
	next    *plan         // takes the place of loop after the round, if deleted as a new workload
}

// A trigger is a Trigger of a workload.
type trigger struct {
	workload *workload
	sample   *autoscale.Sample
	scaler   scalerkit.Scaler
	source   *source
	err      error // of the last exchange
	failure  failure
	unwatch  context.CancelFunc // nil if it is not watched
	urgency  urgency            // of the next read; under the Runner's mutex at all times
}

// begin makes the workload one that is new.
func (w *workload) begin(p *plan) {
	w.acting, w.observing = failure{}, failure{}
	w.loop.State, w.jobs, w.last = p.loop.State, autoscale.JobState{}, nil
	if p.loop.Jobs != nil {
		w.jobs = p.loop.Jobs.State
	}
}

// apply makes the workload what the plan says, and returns the Scalers that are
// no longer used. The caller holds the mutex; the workload is not in a round.
func (r *Runner) apply(w *workload, p *plan) (unused []scalerkit.Scaler) {
	before := w.triggers
	unused = missing(w.scalers(), p.scalers...)
	p.loop.State = w.loop.State
	w.loop, w.samples = p.loop, p.samples
	w.triggers = make([]trigger, len(p.scalers))
	oldest := -1
	for i, s := range p.scalers {
		t := &w.triggers[i]
		if old := find(before, s); old != nil {
			*t = *old
			*old = trigger{} // has nothing to release any more
		} else {
			t.source = r.sources.join(p.keys[i])
			if len(before) > 0 { // who has changed it waits for it
				t.urgency = wanted
			}
		}
		t.workload, t.sample, t.scaler = w, &w.samples[i], s
		if n := t.source.number; oldest < 0 || n < oldest {
			oldest = n
		}
	}
	w.phase = phaseOf(oldest)
	r.release(before)
	if r.isRunning() {
		r.launch(w, r.now())
	}
	return unused
}

// launch schedules the first round and watches where there is something to
// watch. The caller holds the mutex.
func (r *Runner) launch(w *workload, now time.Duration) {
	r.schedule(w, w.first(now))
	for i := range w.triggers {
		t := &w.triggers[i]
		if watcher, ok := t.scaler.(scalerkit.Watcher); ok && t.unwatch == nil {
			var ctx context.Context
			ctx, t.unwatch = context.WithCancel(r.ctx)
			source, log := t.source, r.Logger.With(t.attrs()...)
			r.wait.Go(func() { r.watch(ctx, w, source, watcher, log) })
		}
	}
}

// remove takes the workload out of the Runner and returns its Scalers. The caller
// holds the mutex; the workload is not in a round.
func (r *Runner) remove(w *workload) []scalerkit.Scaler {
	delete(r.workloads, w.key)
	if w.index >= 0 {
		heap.Remove(&r.due, w.index)
	}
	r.release(w.triggers)
	return w.scalers()
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
	r.unclaim(scalers)
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

// scalers returns the Scalers of the workload's triggers.
func (w *workload) scalers() []scalerkit.Scaler {
	scalers := make([]scalerkit.Scaler, len(w.triggers))
	for i := range w.triggers {
		scalers[i] = w.triggers[i].scaler
	}
	return scalers
}

// attrs implements subject.
func (w *workload) attrs() []any {
	if w.key == (scalerkit.Key{}) {
		return nil
	}
	return []any{slog.String("namespace", w.key.Namespace), slog.String("name", w.key.Name)}
}

// attrs implements subject.
func (t *trigger) attrs() []any {
	return append(t.workload.attrs(),
		slog.String("trigger", t.sample.Trigger), slog.String("metric", t.sample.Metric.Name))
}

// logger returns what the workload logs to.
func (r *Runner) logger(w *workload) *slog.Logger {
	if w.loop.Logger != nil {
		return w.loop.Logger
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
