package simulate

import (
	"math/rand/v2"
	"time"
)

// A cohort is the messages of one source that arrived in one tick.
type cohort struct {
	tick   int   // when they arrived
	source int   // where
	count  int64 // how many of them wait
	work   int64 // nanoseconds that it takes to work on one of them
}

// A queue has the messages of all sources, and those that are being worked on.
type queue struct {
	tick    int64 // its length in nanoseconds
	chance  *rand.Rand
	spread  float64
	service []float64 // nanoseconds of one message, by source

	cohorts []cohort // that wait, the oldest first
	first   int      // those before it are gone

	waiting   []int64   // messages, by source
	inFlight  []int64   // messages, by source
	arrivedBy []int64   // messages since the begin, by source
	finish    [][]int64 // messages that are done at a tick, by source and tick
	release   []int     // replicas that become free at a tick
	rest      []int64   // nanoseconds that long messages have had too little, by whole ticks, by source
	unseen    []int64   // nanoseconds of work on short messages that were not seen in flight, by source

	occupied int   // replicas that work on a message of more than a tick
	debt     int64 // nanoseconds that replicas work into the next tick
	busy     int   // replicas that worked in the last tick

	allWaiting, allInFlight, arrived, done int64
}

func newQueue(s *Scenario, ticks int) *queue {
	n := len(s.Sources)
	q := &queue{
		tick: int64(s.Tick), chance: chanceFor(s.Seed, chanceOfService), spread: s.Workers.Spread,
		service: make([]float64, n), waiting: make([]int64, n), inFlight: make([]int64, n),
		arrivedBy: make([]int64, n), rest: make([]int64, n), unseen: make([]int64, n),
		finish: make([][]int64, n), release: make([]int, ticks+1),
	}
	for i, src := range s.Sources {
		rate := s.Workers.Rate
		if src.Rate > 0 {
			rate = src.Rate
		}
		q.service[i] = float64(time.Second) / rate
		q.finish[i] = make([]int64, ticks+1)
	}
	return q
}

// arrive adds the messages of a source that arrive in a tick.
func (q *queue) arrive(tick, source int, n int64) {
	if n == 0 {
		return
	}
	if q.first > len(q.cohorts)/2 {
		q.cohorts = q.cohorts[:copy(q.cohorts, q.cohorts[q.first:])]
		q.first = 0
	}
	work := max(int64(q.service[source]*meanOf(q.chance, n, q.spread)), 1)
	q.cohorts = append(q.cohorts, cohort{tick, source, n, work})
	q.waiting[source] += n
	q.allWaiting += n
	q.arrived += n
	q.arrivedBy[source] += n
}

// begin begins a tick: what is done by then is done.
func (q *queue) begin(tick int) {
	for source := range q.finish {
		n := q.finish[source][tick]
		q.inFlight[source] -= n
		q.allInFlight -= n
		q.done += n
	}
	q.occupied -= q.release[tick]
}

// take has so many replicas take messages for one tick. Each wait is told. As many
// messages are in flight at the begins of ticks as replicas work on average.
func (q *queue) take(tick, ready int, waited func(from int, n int64)) {
	before, free := q.occupied, max(ready-q.occupied, 0)
	all := int64(free) * q.tick
	left := all - q.debt
	for left > 0 && q.first < len(q.cohorts) {
		c := &q.cohorts[q.first]
		var n int64
		if c.work < q.tick {
			n = min(c.count, (left+c.work-1)/c.work)
			left -= n * c.work
			sum := q.unseen[c.source] + n*c.work
			working := min(n, sum/q.tick)
			q.unseen[c.source] = sum % q.tick
			q.done += n - working
			q.work(c.source, working, int64(tick)+2)
		} else {
			n = min(c.count, (left+q.tick-1)/q.tick)
			left -= n * q.tick
			q.hold(c, n, tick)
		}
		waited(c.tick, n)
		c.count -= n
		q.waiting[c.source] -= n
		q.allWaiting -= n
		if c.count == 0 {
			q.first++
		}
	}
	q.busy = before + min(int((all-left+q.tick-1)/q.tick), free)
	q.debt = max(-left, 0)
}

// hold has replicas work on messages for whole ticks: for some of them one tick
// more than for others, so that it is as long as it should be on average.
func (q *queue) hold(c *cohort, n int64, tick int) {
	whole, part := c.work/q.tick, c.work%q.tick
	sum := q.rest[c.source] + n*part
	longer := sum / q.tick
	q.rest[c.source] = sum % q.tick
	q.occupied += int(n)
	for _, g := range [2]struct{ n, ticks int64 }{{n - longer, whole}, {longer, whole + 1}} {
		end := int64(tick) + g.ticks
		q.work(c.source, g.n, end+1)
		if end < int64(len(q.release)) {
			q.release[end] += int(g.n)
		}
	}
}

// work has messages be worked on until the begin of a tick.
func (q *queue) work(source int, n, until int64) {
	q.inFlight[source] += n
	q.allInFlight += n
	if until < int64(len(q.finish[source])) {
		q.finish[source][until] += n
	}
}

// oldest returns the tick in which the first message that waits arrived.
func (q *queue) oldest() (tick int, ok bool) {
	if q.first == len(q.cohorts) {
		return 0, false
	}
	return q.cohorts[q.first].tick, true
}

// remaining tells what waits still.
func (q *queue) remaining(waited func(from int, n int64)) {
	for _, c := range q.cohorts[q.first:] {
		waited(c.tick, c.count)
	}
}
