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
	// together, and not sooner than pokeEvery after the round before.
	pokeWithin = 100 * time.Millisecond
	pokeEvery  = time.Second
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

// regular returns when the entry is due by its interval.
func (e *entry) regular(now time.Duration) time.Duration {
	return instant(now+1, e.loop.Interval, e.phase)
}

// first returns when an entry is due that was just set.
func (e *entry) first(now time.Duration) time.Duration {
	every := min(e.loop.Interval, firstWithin)
	return min(instant(now, every, e.phase), instant(now, e.loop.Interval, e.phase))
}

// soon returns when an entry is due that was poked.
func (e *entry) soon(now time.Duration) time.Duration {
	return instant(max(now, e.began+pokeEvery), pokeWithin, e.phase)
}

// schedule puts the entry into the schedule, or moves it there. The caller
// holds the mutex.
func (r *Runner) schedule(e *entry, due time.Duration) {
	e.due = due
	if e.index < 0 {
		heap.Push(&r.due, e)
	} else {
		heap.Fix(&r.due, e.index)
	}
	if e.index == 0 {
		select {
		case r.wake <- struct{}{}:
		default: // it is being woken already
		}
	}
}

// poke brings the entry's next round forward. The caller holds the mutex.
func (r *Runner) poke(e *entry) {
	if e.inRound {
		e.poked = true
		return
	}
	if e.index < 0 {
		return // not running
	}
	if soon := e.soon(r.now()); soon < e.due {
		r.schedule(e, soon)
	}
}

// A schedule is a heap of entries, the one that is due first on top.
type schedule []*entry

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].due < s[j].due }

func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push implements [heap.Interface].
func (s *schedule) Push(x any) {
	e := x.(*entry)
	e.index = len(*s)
	*s = append(*s, e)
}

// Pop implements [heap.Interface].
func (s *schedule) Pop() any {
	last := len(*s) - 1
	e := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	e.index = -1
	return e
}
