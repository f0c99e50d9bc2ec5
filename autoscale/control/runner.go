package control

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A Runner runs a [Loop] for each of many workloads. The zero value is ready
// to use; a Runner must not be copied. Its methods may be called concurrently,
// Set and Delete before and during Run. The fields are not changed after the
// first call.
//
// # Rounds
//
// A round of a workload reads all its triggers, and decides as soon as the
// last of them has answered or failed. A workload is never in two rounds at
// once, and a slow source delays only the workloads that use it.
//
// Each source has a phase, by which sources are spread evenly over the
// interval, and a workload goes by the phase of the source that the Runner has
// known longest. So workloads with one source and one interval are due at the
// same instant, and their triggers are read in one exchange if their Scalers
// are peers (see [scalerkit.Batcher]): all of them, so a Batcher divides what
// its source cannot take at once. A source is in one exchange at a time: whoever
// asks meanwhile is in the next. A workload that was just Set has its first
// round within 5 seconds, spread the same way.
//
// Where a Scaler is a [scalerkit.Watcher], the Runner watches, in a goroutine
// of its own. A push brings the next round forward: within 100 milliseconds,
// but not sooner than a second after the last round that a push brought forward.
//
// # Failures
//
// A trigger that fails is a failed [autoscale.Sample] in every round until it
// is read again, and so counts for Fallback.Failures and OnError.Failures by
// rounds, whether the source was asked or not.
//
// A source is down if a whole exchange with it fails, and throttled if any
// result says so. It is then left alone for about one interval, then for twice
// as long each time, up to Loop.MaxBackoff, or for as long as it asks itself
// ([scalerkit.ThrottledError]), up to Loop.MaxRetryAfter. Meanwhile its triggers
// fail with a [BackoffError], but for those that Set has changed or added to a
// workload, and those of a workload after [Runner.Poke]: they are read once
// nevertheless. A push does as much for the triggers of the workload with the
// source that pushed, but never sooner than that asked for. A source that
// answers [scalerkit.ErrNotFound] or [scalerkit.ErrDenied] is not down.
//
// A panic in a Scaler, a Workload or Observe is an error of that round. A
// Scaler that somebody else has closed fails with [scalerkit.ErrClosed] in each
// round, until Set or Delete takes it away; the other workloads go on.
type Runner struct {
	// Exchanges bounds the exchanges under way with sources that worked the
	// last time; 0 means 128. Those that did not are read besides, a quarter as
	// many at once, so that an outage does not hold up everything else.
	Exchanges int

	// Decisions bounds the workloads that are asked for their replicas, told
	// new ones or observed at once; 0 means 64. Of those that wait, one that does
	// nothing and has work now goes before those that have replicas already, and
	// who has waited longer goes first; every fourth is one of the latter.
	Decisions int

	// Timeout is the time limit of an exchange, and of what the Workload is
	// asked and told in one round; 0 means 10 seconds.
	Timeout time.Duration

	// KeepRounds makes the Runner keep the last Round of each workload for
	// LastRound. It takes about 1.5 KiB for a workload with one trigger.
	KeepRounds bool

	// Logger is for what concerns a source and not one workload, and for
	// Loops that have none. If nil, nothing is logged.
	Logger *slog.Logger

	// Observe, if set, is called at the end of every round of every workload, before
	// Loop.Observe, and as that is, but concurrently for different workloads.
	Observe func(Round)

	// Exchanged, if set, is told of every exchange before the rounds that it
	// was for go on. It may be called concurrently, and is the place to
	// count.
	Exchanged func(Exchange)

	once    sync.Once
	wait    sync.WaitGroup // all goroutines but Run
	wake    chan struct{}  // the schedule has a new first workload
	timeout error          // the cause that ends an exchange after Timeout
	closed  func(error)    // if set, is told of a Scaler that somebody else has closed

	mu        sync.Mutex
	ctx       context.Context // Run's; nil before Run, and set before any goroutine starts
	epoch     time.Time       // when Run began
	stopped   bool
	workloads map[scalerkit.Key]*workload
	owners    map[scalerkit.Scaler]*workload // of each Scaler, until it is closed; see isOne
	due       schedule
	sources   sources

	healthy, failing workerPool[*source] // exchanges
	decisions        workerPool[*workload]
}

// init makes what the zero value lacks.
func (r *Runner) init() {
	r.once.Do(func() {
		if r.Exchanges <= 0 {
			r.Exchanges = 128
		}
		if r.Decisions <= 0 {
			r.Decisions = 64
		}
		if r.Timeout <= 0 {
			r.Timeout = 10 * time.Second
		}
		if r.Logger == nil {
			r.Logger = slog.New(slog.DiscardHandler)
		}
		r.wake = make(chan struct{}, 1)
		r.timeout = fmt.Errorf("no answer within %v: %w", r.Timeout, context.DeadlineExceeded)
		r.workloads = make(map[scalerkit.Key]*workload)
		r.owners = make(map[scalerkit.Scaler]*workload)
		r.healthy = workerPool[*source]{limit: r.Exchanges, work: r.exchange}
		r.failing = workerPool[*source]{limit: max(1, r.Exchanges/4), work: r.exchange}
		r.decisions = workerPool[*workload]{limit: r.Decisions, work: r.decide}
	})
}

// Set makes the Runner run l for the workload with the given key, in place of
// the Loop that it may have run before. The State goes on: l.State counts only
// for a key that is new. If the old Loop is in a round, l takes over after it,
// and what the round comes to is not carried out unless that has begun.
//
// The Runner takes the Scalers over and closes each when it is replaced,
// deleted, or Run ends, but not while it is being read. A Scaler that the old
// Loop has, too, stays open; that the Loop of another key has one is an error.
// The error has every problem found with l; then nothing changes and the Scalers
// are still the caller's.
func (r *Runner) Set(key scalerkit.Key, l Loop) error {
	r.init()
	p, invalid := l.plan()
	unused, err := r.set(key, p, invalid)
	r.close(unused)
	return err
}

// set returns the Scalers that are no longer used. The plan may be invalid.
func (r *Runner) set(key scalerkit.Key, p *plan, invalid error) ([]scalerkit.Scaler, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil, errors.New("the Runner has ended")
	}
	w, ok := r.workloads[key]
	if err := errors.Join(invalid, r.claimed(w, p)); err != nil {
		return nil, err
	}
	if !ok {
		w = &workload{key: key, index: -1, hurried: -pokeEvery}
		w.begin(p)
		r.workloads[key] = w
		r.claim(w, p)
		return r.apply(w, p), nil
	}
	r.claim(w, p)
	if !w.inRound {
		return r.apply(w, p), nil
	}
	var unused []scalerkit.Scaler
	if w.next != nil {
		unused = missing(w.next.scalers, slices.Concat(p.scalers, w.scalers())...)
	}
	w.next = p
	return unused, nil
}

// Delete stops scaling the workload with the given key and closes its Scalers,
// after the round that it may be in. The channel is closed when that is done
// and nothing touches the workload any more; a decision that is not yet being
// carried out will not be. Delete itself does not wait, and Set need not.
func (r *Runner) Delete(key scalerkit.Key) <-chan struct{} {
	r.init()
	unused, done := r.delete(key)
	r.close(unused)
	if done == nil {
		done = make(chan struct{})
		close(done)
	}
	return done
}

// delete returns the Scalers that are no longer used, and what to wait for if
// the workload is in a round.
func (r *Runner) delete(key scalerkit.Key) (unused []scalerkit.Scaler, done chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, ok := r.workloads[key]
	if !ok {
		return nil, nil
	}
	if !w.inRound {
		return r.remove(w), nil
	}
	if w.next != nil {
		unused = missing(w.next.scalers, w.scalers()...)
		w.next = nil
	}
	if w.deleted == nil {
		w.deleted = make(chan struct{})
	}
	return unused, w.deleted
}

// Poke brings the next round of the workload forward, as a push of a
// [scalerkit.Watcher] does. Its triggers are read in it even if their sources
// are left alone after failures, or asked for that.
func (r *Runner) Poke(key scalerkit.Key) {
	r.init()
	r.mu.Lock()
	defer r.mu.Unlock()
	if w, ok := r.workloads[key]; ok {
		for i := range w.triggers {
			w.triggers[i].urgency = wanted
		}
		r.poke(w)
	}
}

// Run runs all Loops until ctx ends. It returns nil when nothing is under way
// any more and all Scalers are closed. A Runner runs once.
func (r *Runner) Run(ctx context.Context) error {
	r.init()
	if err := r.start(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			r.stop()
			return nil
		case <-r.wake:
		case <-timer.C:
		}
		timer.Reset(r.beginDue())
	}
}

func (r *Runner) start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx != nil {
		return errors.New("the Runner has been run before")
	}
	r.ctx, r.epoch = ctx, time.Now()
	for _, w := range r.workloads {
		r.launch(w, 0) //nolint:contextcheck // what it starts has r.ctx
	}
	return nil
}

// stop ends what is under way. Since ctx has ended, rounds come to their end
// without reading or deciding.
func (r *Runner) stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.wait.Wait()

	r.mu.Lock()
	var unused []scalerkit.Scaler
	for _, w := range r.workloads {
		unused = append(unused, r.remove(w)...)
	}
	r.mu.Unlock()
	r.close(unused)
}

// isRunning says whether rounds can begin. The caller holds the mutex.
func (r *Runner) isRunning() bool { return r.ctx != nil && r.ctx.Err() == nil && !r.stopped }

// now returns the time since the epoch.
func (r *Runner) now() time.Duration { return time.Since(r.epoch) }

// beginDue begins all rounds that are due, and returns the time until there
// are more.
func (r *Runner) beginDue() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for len(r.due) > 0 && r.due[0].due <= now {
		r.begin(heap.Pop(&r.due).(*workload))
	}
	if len(r.due) == 0 {
		return time.Hour
	}
	return r.due[0].due - now
}
