package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A show is one run: a publisher, workers that are scaled, and a verifier.
type show struct {
	cfg    config
	broker broker
	pool   *pool
	ledger ledger
	watch  stopwatch

	begun        time.Time
	took         time.Duration
	allPublished atomic.Bool
	accounted    bool // the queues were empty in the end
}

// A view shows what happens.
type view interface {
	// round is told what the Loop did.
	round(control.Round)

	// run returns when ctx ends, or before that if the user wants to end.
	run(ctx context.Context) error
}

func newShow(cfg config, b broker) *show {
	return &show{
		cfg:    cfg,
		broker: b,
		pool:   &pool{connect: b.Connect, work: cfg.work()},
		begun:  time.Now(),
	}
}

func (s *show) title() string {
	return fmt.Sprintf("scalerkit quickstart: %v, %d to %d workers for %s each",
		s.broker, s.cfg.min, s.cfg.max, count(s.cfg.target, "message"))
}

// snapshot returns the numbers of this instant.
func (s *show) snapshot() snapshot {
	n, _ := s.pool.transformed()
	return snapshot{
		title:       s.broker.String(),
		elapsed:     time.Since(s.begun),
		total:       s.cfg.duration,
		max:         s.cfg.max,
		balance:     s.ledger.balance(),
		transformed: n,
	}
}

// perform runs the show until ctx ends, the time is over, or everything is
// done and the workers are back where they began.
func (s *show) perform(ctx context.Context, v view) error {
	queue, err := s.broker.Scaler(s.cfg.target)
	if err != nil {
		return err
	}
	recorded, endRecording, err := recording(s.cfg.record)
	if err != nil {
		return errors.Join(err, queue.Close())
	}
	ctx, end := context.WithTimeout(ctx, s.cfg.duration)
	defer end()

	var once sync.Once
	var failure error
	fail := func(err error) {
		once.Do(func() { failure = err })
		end()
	}
	var acts sync.WaitGroup
	act := func(do func(context.Context) error) {
		acts.Go(func() {
			if err := do(ctx); err != nil {
				fail(err)
			}
		})
	}

	s.begun = time.Now()
	s.pool.fail = fail
	act(s.publish)
	act(s.verify)
	act(func(ctx context.Context) error {
		return scale(ctx, s.cfg, queue, s.pool, func(r control.Round) {
			s.watch.round(r, s.cfg.min, s.idleSince())
			v.round(r)
			recorded(r)
			if r.Decision.Replicas == s.cfg.min && s.allPublished.Load() && s.ledger.balance().open() == 0 {
				end()
			}
		})
	})
	if err := v.run(ctx); err != nil {
		fail(err)
	}
	end()
	acts.Wait()
	s.pool.stop(ctx) // the Loop does not start any more
	s.took = time.Since(s.begun)
	if err := endRecording(); err != nil {
		fail(err)
	}
	if failure != nil {
		return fmt.Errorf("the show ended early: %w", failure)
	}
	return s.collect(context.WithoutCancel(ctx))
}

// idleSince returns when the last message was transformed, if there are no
// more.
func (s *show) idleSince() time.Time {
	n, last := s.pool.transformed()
	if n < s.ledger.balance().published {
		return time.Time{}
	}
	return last
}

// verify ticks off what comes out, until ctx ends.
func (s *show) verify(ctx context.Context) error {
	for {
		// Not interrupted, or results could be lost on the way.
		if _, err := s.takeResults(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return nil
		}
	}
}

// collect accounts for what is in the queues when all else has ended.
func (s *show) collect(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = s.takeResults(ctx); err != nil {
			return err
		}
	}
	rest, err := s.broker.TakeRest(ctx)
	if err != nil {
		return fmt.Errorf("take the rest: %w", err)
	}
	s.ledger.leave(rest)
	s.accounted = true
	return nil
}

// takeResults takes what there is, and reports whether there may be more.
func (s *show) takeResults(ctx context.Context) (more bool, err error) {
	results, err := s.broker.TakeResults(ctx)
	if err != nil {
		return false, fmt.Errorf("take results: %w", err)
	}
	s.ledger.verify(results)
	return len(results) > 0, nil
}
