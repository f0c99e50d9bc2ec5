package control

import (
	"context"
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
func (r *Runner) begin(e *entry) {
	e.inRound, e.poked = true, false
	e.began = r.now()
	e.waiting = len(e.triggers)
	now := time.Now()
	for i := range e.triggers {
		r.ask(&e.triggers[i], now)
	}
}

// answered notes that a trigger of a round has its sample. The caller holds
// the mutex.
func (r *Runner) answered(t *trigger) {
	e := t.entry
	if e.waiting--; e.waiting == 0 {
		r.decisions.add(e, &r.mu, &r.wait)
	}
}

// decide brings a round to its end once all samples are there.
func (r *Runner) decide(e *entry) {
	if r.isCurrent(e) {
		r.act(e)
	}
	unused, deleted := r.end(e)
	r.close(unused)
	if deleted != nil {
		close(deleted)
	}
}

// isCurrent says whether the entry still is to be scaled as it is.
func (r *Runner) isCurrent(e *entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return e.deleted == nil && e.next == nil && r.isRunning()
}

// end ends the round. It returns the Scalers that are no longer used, and the
// channel to close for those who wait for the end.
func (r *Runner) end(e *entry) (unused []scalerkit.Scaler, deleted chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, deleted := e.next, e.deleted
	e.inRound, e.next, e.deleted = false, nil, nil
	switch {
	case next != nil:
		if deleted != nil { // set anew after that: nothing is kept
			e.begin(next)
		}
		return r.apply(e, next), deleted
	case deleted != nil:
		return r.dismiss(e), deleted
	case r.isRunning():
		now := r.now()
		due := e.regular(now)
		if e.poked {
			due = min(due, e.soon(now))
		}
		r.schedule(e, due)
	}
	return nil, nil
}

// act decides, carries the decision out and has the round observed.
func (r *Runner) act(e *entry) {
	ctx, cancel := context.WithTimeout(r.ctx, r.Timeout)
	defer cancel()
	log := r.logger(e)
	round := Round{Key: e.key, Time: r.epoch.Add(e.due)}
	round.Decision.State, round.Job.State = e.state, e.jobs

	doing, err := e.carryOut(ctx, &round)
	e.state, e.jobs = round.Decision.State, round.Job.State
	if r.ctx.Err() == nil { // what fails because Run ends is no news
		e.acting.report(log, round.Time, doing, err, e)
	}
	if err != nil {
		round.Err = fmt.Errorf("%s: %w", doing, err)
	} else {
		round.log(log.With(e.attrs()...))
	}
	if e.loop.Observe != nil {
		round.Samples = slices.Clone(e.samples) // the next round overwrites them
		e.observing.report(log, round.Time, "observe the round", observe(e.loop.Observe, round), e)
	}
}

// log logs what was changed.
func (r *Round) log(log *slog.Logger) {
	reasons := func(d fmt.Stringer) string { return strings.ReplaceAll(d.String(), "\n", "; ") }
	switch d := &r.Decision; {
	case r.Created > 0:
		log.Info("created jobs", "created", r.Created, "before", r.Current, "reasons", reasons(r.Job))
	case r.Decided && len(d.Steps) > 0 && d.Replicas != r.Current:
		log.Info("scaled", "from", r.Current, "to", d.Replicas, "active", d.Active, "reasons", reasons(d))
	}
}

// carryOut makes the round what the loop is there for.
func (e *entry) carryOut(ctx context.Context, round *Round) (doing string, err error) {
	if e.loop.Jobs != nil {
		return e.loop.Jobs.create(ctx, e.samples, round)
	}
	return e.scale(ctx, round)
}

// scale decides and carries the decision out. It fills in the round, and says
// what it was doing when it failed.
func (e *entry) scale(ctx context.Context, round *Round) (doing string, err error) {
	defer guard.Catch(&err)
	in := autoscale.Input{Now: round.Time, Samples: e.samples, State: e.state}

	doing = "get the replicas"
	if in.Current, err = e.loop.Workload.Replicas(ctx); err != nil {
		return doing, err
	}
	if c, ok := e.loop.Workload.(ReadyCounter); ok {
		doing = "get the ready replicas"
		ready, err := c.Ready(ctx)
		if err != nil {
			return doing, err
		}
		in.Ready = &ready
	}

	doing = "decide"
	d := e.loop.Policy.Decide(in)
	round.Decided, round.Current, round.Decision = true, in.Current, d
	if d.Replicas == in.Current {
		return doing, nil
	}

	doing = "set the replicas"
	// A change that did not happen counts for no limit.
	kept := &round.Decision.State
	kept.ScaleUps, kept.ScaleDowns = e.state.ScaleUps, e.state.ScaleDowns
	if err := e.loop.Workload.SetReplicas(ctx, d.Replicas); err != nil {
		return doing, err
	}
	*kept = d.State
	return doing, nil
}

func observe(f func(Round), round Round) (err error) {
	defer guard.Catch(&err)
	f(round)
	return nil
}
