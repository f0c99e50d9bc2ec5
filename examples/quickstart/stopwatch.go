package main

import (
	"sync"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A stopwatch takes the times of each burst.
type stopwatch struct {
	mu     sync.Mutex
	bursts []burst
	peak   int
}

// A burst has the times that are taken of it; 0 means that it has not come to
// that.
type burst struct {
	begun time.Time
	cold  bool          // no worker was there when it began
	peak  int           // most workers
	first time.Duration // from the first message to the first worker
	right time.Duration // from the first message to as many workers as it came to call for
	back  time.Duration // from the last message's end to zero workers, or to the minimum
}

// begin begins a burst, with the given number of workers there.
func (w *stopwatch) begin(workers int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bursts = append(w.bursts, burst{begun: time.Now(), cold: workers == 0})
}

// round goes by what the Loop did: it has just set the workers to the decided
// number. The last message ended at idleSince, which is zero while there are
// more.
func (w *stopwatch) round(r control.Round, least int, idleSince time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Err != nil {
		return
	}
	workers := r.Decision.Replicas
	w.peak = max(w.peak, workers)
	if len(w.bursts) == 0 {
		return
	}
	b := &w.bursts[len(w.bursts)-1]
	elapsed := time.Since(b.begun)
	if b.cold && b.first == 0 && workers > 0 {
		b.first = elapsed
	}
	if workers > b.peak {
		b.peak, b.right = workers, elapsed
	}
	if b.back == 0 && b.peak > least && workers == least && !idleSince.IsZero() {
		b.back = time.Since(idleSince)
	}
}
