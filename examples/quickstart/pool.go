package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// A pool is what is scaled: a control.Workload whose replicas are
// goroutines.
type pool struct {
	connect func() (hands, error)
	work    time.Duration // that a message takes, on average
	fail    func(error)   // told why a worker could not go on

	running sync.WaitGroup

	mu      sync.Mutex
	workers []context.CancelFunc // one stops each
	done    int                  // messages that were transformed
	last    time.Time            // when the last one was
}

// Replicas implements control.Workload.
func (p *pool) Replicas(context.Context) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.workers), nil
}

// SetReplicas implements control.Workload. The workers outlive its context,
// which is that of one round.
func (p *pool) SetReplicas(ctx context.Context, n int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.workers) < n {
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		p.workers = append(p.workers, stop)
		p.running.Go(func() {
			if err := p.worker(ctx); err != nil {
				p.fail(err)
			}
		})
	}
	for _, stop := range p.workers[n:] {
		stop()
	}
	p.workers = slices.Delete(p.workers, n, len(p.workers))
	return nil
}

// stop stops all workers and waits until they are gone.
func (p *pool) stop(ctx context.Context) {
	_ = p.SetReplicas(ctx, 0)
	p.running.Wait()
}

// transformed returns how many messages were transformed, and when the last
// one was.
func (p *pool) transformed() (int, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done, p.last
}

// worker transforms messages until ctx ends. It then stops in the middle of
// its work and gives the message back.
func (p *pool) worker(ctx context.Context) error {
	h, err := p.connect()
	if err != nil {
		return fmt.Errorf("connect a worker: %w", err)
	}
	defer h.Close()
	for ctx.Err() == nil {
		message, ok, err := h.Take()
		if err != nil {
			return fmt.Errorf("take a message: %w", err)
		}
		if !ok {
			sleep(ctx, 50*time.Millisecond)
			continue
		}
		if !sleep(ctx, p.work/2+rand.N(p.work)) {
			if err := h.GiveBack(); err != nil {
				return fmt.Errorf("give a message back: %w", err)
			}
			break
		}
		if err := h.Finish(transform(message)); err != nil {
			return fmt.Errorf("finish a message: %w", err)
		}
		p.mu.Lock()
		p.done, p.last = p.done+1, time.Now()
		p.mu.Unlock()
	}
	return nil
}

// transform turns a message around. Applied twice, it changes nothing.
func transform(message string) string {
	runes := []rune(message)
	slices.Reverse(runes)
	return string(runes)
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
