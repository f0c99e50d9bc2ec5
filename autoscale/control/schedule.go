package control

import (
	"container/heap"
	"math"
	"time"
)

const (
	// firstWithin is how long the first round may be put off, so that those of
	// many workloads can be spread.
	firstWithin = 5 * time.Second

	// A poke is answered within pokeWithin, in which those for one source come
	// together, and not sooner than pokeEvery after the last such round.
	pokeWithin = 100 * time.Millisecond
	pokeEvery  = time.Second

	// leastAgain is how soon after a round the next one may be due because its
	// decision asked for that.
	leastAgain = time.Second
)

// phaseOf returns the phase of the nth source, from 0 up to 1. By the golden
// ratio, each falls into a widest gap that the ones before it left, so that
// any number of sources is spread evenly.
func phaseOf(n int) float64 {
	_, phase := math.Modf(float64(n) * (math.Phi - 1))
	return phase
}

// instant returns the first instant, not before t, that divides time into
// pieces of the given length and lies at the given phase of its piece. All
// rounds begin at such instants: those with one phase meet.
func instant(t, every time.Duration, phase float64) time.Duration {
	offset := time.Duration(phase * float64(every))
	if t <= offset {
		return offset
	}
	return offset + (t-offset+every-1)/every*every
}

// regular returns when the workload is due by its interval.
func (w *workload) regular(now time.Duration) time.Duration {
	return instant(now+1, w.loop.Interval, w.phase)
}

// first returns when a workload is due that was just set.
func (w *workload) first(now time.Duration) time.Duration {
	every := min(w.loop.Interval, firstWithin)
	return min(instant(now, every, w.phase), instant(now, w.loop.Interval, w.phase))
}

// soon returns when a workload is due that was poked.
func (w *workload) soon(now time.Duration) time.Duration {
	return instant(max(now, w.hurried+pokeEvery), pokeWithin, w.phase)
}

// upcoming returns when a workload is due whose round has ended: by its interval,
// or sooner if its decision asked for that. Those whose rounds met, meet again.
func (w *workload) upcoming(now time.Duration) time.Duration {
	due := w.regular(now)
	if w.again > 0 {
		due = min(due, max(now, w.due+max(w.again, leastAgain)))
	}
	return due
}

// schedule puts the workload into the schedule, or moves it there. The caller
// holds the mutex.
func (r *Runner) schedule(w *workload, due time.Duration) {
	w.due = due
	if w.index < 0 {
		heap.Push(&r.due, w)
	} else {
		heap.Fix(&r.due, w.index)
	}
	if w.index == 0 {
		select {
		case r.wake <- struct{}{}:
		default: // it is being woken already
		}
	}
}

// poke brings the workload's next round forward. The caller holds the mutex.
func (r *Runner) poke(w *workload) {
	if w.inRound {
		w.poked = true
		return
	}
	if w.index < 0 {
		return // not running
	}
	if soon := w.soon(r.now()); soon < w.due {
		w.early = true
		r.schedule(w, soon)
	}
}

// A schedule is a heap of workloads, the one that is due first on top.
type schedule []*workload

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].due < s[j].due }

func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push implements [heap.Interface].
func (s *schedule) Push(x any) {
	w := x.(*workload)
	w.index = len(*s)
	*s = append(*s, w)
}

// Pop implements [heap.Interface].
func (s *schedule) Pop() any {
	last := len(*s) - 1
	w := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	w.index = -1
	return w
}
