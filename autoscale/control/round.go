package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/internal/guard"
)

// begin begins a round: it asks the sources of all triggers. The caller holds
// the mutex.
func (r *Runner) begin(w *workload) {
	w.inRound, w.poked = true, false
	if w.early {
		w.early, w.hurried = false, r.now()
	}
	w.waiting = len(w.triggers)
	now := time.Now()
	for i := range w.triggers {
		r.ask(&w.triggers[i], now)
	}
}

// answered notes that a trigger of a round has its sample. The caller holds
// the mutex.
func (r *Runner) answered(t *trigger) {
	w := t.workload
	if w.waiting--; w.waiting == 0 {
		r.decisions.add(w, w.isUrgent(), &r.mu, &r.wait)
	}
}

// isUrgent says whether the round seems to bring a workload that does nothing to
// work. A workload that has replicas already is not as late without more of them.
func (w *workload) isUrgent() bool {
	return !w.works && slices.ContainsFunc(w.samples, func(s autoscale.Sample) bool {
		return s.Err == nil && s.Reading.IsActive(s.Metric)
	})
}

// decide brings a round to its end once all samples are there.
func (r *Runner) decide(w *workload) {
	if r.isCurrent(w) {
		r.act(w)
	}
	unused, deleted := r.end(w)
	r.close(unused)
	if deleted != nil {
		close(deleted)
	}
}

// isCurrent says whether the workload still is to be scaled as it is.
func (r *Runner) isCurrent(w *workload) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return w.deleted == nil && w.next == nil && r.isRunning()
}

// end ends the round. It returns the Scalers that are no longer used, and the
// channel to close for those who wait for the end.
func (r *Runner) end(w *workload) (unused []scalerkit.Scaler, deleted chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, deleted := w.next, w.deleted
	w.inRound, w.next, w.deleted = false, nil, nil
	switch {
	case next != nil:
		if deleted != nil { // set anew after that: nothing is kept
			w.begin(next)
		}
		return r.apply(w, next), deleted
	case deleted != nil:
		return r.remove(w), deleted
	case r.isRunning():
		r.schedule(w, w.upcoming(r.now()))
		if w.poked {
			r.poke(w)
		}
	}
	return nil, nil
}

// act decides, carries the decision out and has the round observed.
func (r *Runner) act(w *workload) {
	ctx, cancel := context.WithTimeout(r.ctx, r.Timeout)
	defer cancel()
	log := r.logger(w)
	round := Round{Key: w.key, Time: r.epoch.Add(w.due), Samples: w.samples, Before: w.loop.State, JobBefore: w.jobs}
	round.Decision.State, round.Job.State = w.loop.State, w.jobs

	doing, err := w.carryOut(ctx, &round)
	w.loop.State, w.jobs = round.Decision.State, round.Job.State
	if r.ctx.Err() == nil { // what fails because Run ends is no news
		w.acting.report(log, round.Time, doing, err, w)
	}
	w.works = max(round.Current, round.Decision.Replicas)+round.Created > 0
	w.again = 0
	if err != nil {
		round.Err = fmt.Errorf("%s: %w", doing, err)
	} else {
		w.again = round.Decision.Next
		round.log(log, w)
	}
	observed := w.loop.Observe != nil || r.Observe != nil
	if observed || r.KeepRounds {
		round.Samples = slices.Clone(w.samples) // the next round overwrites them
	}
	if r.KeepRounds {
		r.keep(w, round)
	}
	if observed {
		err := errors.Join(observe(r.Observe, round), observe(w.loop.Observe, round))
		w.observing.report(log, round.Time, "observe the round", err, w)
	}
}

// log logs what was changed, if anything was.
func (r *Round) log(log *slog.Logger, about subject) {
	reasons := func(d fmt.Stringer) string { return strings.ReplaceAll(d.String(), "\n", "; ") }
	switch d := &r.Decision; {
	case r.Created > 0:
		log.With(about.attrs()...).Info("created jobs", "created", r.Created, "before", r.Current, "reasons", reasons(r.Job))
	case r.Decided && len(d.Steps) > 0 && d.Replicas != r.Current:
		log.With(about.attrs()...).Info("scaled", "from", r.Current, "to", d.Replicas, "active", d.Active, "reasons", reasons(d))
	}
}

// carryOut makes the round what the loop is there for.
func (w *workload) carryOut(ctx context.Context, round *Round) (doing string, err error) {
	if w.loop.Jobs != nil {
		return w.loop.Jobs.create(ctx, round)
	}
	return w.scale(ctx, round)
}

// scale decides and carries the decision out. It fills in the round, and says
// what it was doing when it failed.
func (w *workload) scale(ctx context.Context, round *Round) (doing string, err error) {
	defer guard.Catch(&err)
	doing = "get the replicas"
	if round.Current, err = w.loop.Workload.Replicas(ctx); err != nil {
		return doing, err
	}
	if c, ok := w.loop.Workload.(ReadyCounter); ok {
		doing = "get the ready replicas"
		ready, err := c.Ready(ctx)
		if err != nil {
			return doing, err
		}
		round.Ready = &ready
	}

	doing = "decide"
	d := w.loop.Policy.Decide(round.Input())
	round.Decided, round.Decision = true, d
	if d.Replicas == round.Current {
		return doing, nil
	}

	doing = "tell of the decision"
	if err := observe(w.loop.Scaling, *round); err != nil {
		return doing, err
	}
	doing = "set the replicas"
	// A change that did not happen counts for no limit.
	kept := &round.Decision.State
	kept.ScaleUps, kept.ScaleDowns = round.Before.ScaleUps, round.Before.ScaleDowns
	if err := w.loop.Workload.SetReplicas(ctx, d.Replicas); err != nil {
		return doing, err
	}
	*kept = d.State
	return doing, nil
}

func observe(f func(Round), round Round) (err error) {
	defer guard.Catch(&err)
	if f != nil {
		f(round)
	}
	return nil
}
