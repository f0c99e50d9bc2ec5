package simulate

import (
	"fmt"
	"slices"

	"github.com/scalerkit/scalerkit/autoscale"
)

// RunJobs plays d, an [autoscale.JobPolicy] say, against a scenario in which each
// replica is a job. It starts as a replica does, takes Workers.PerJob messages, or
// as many as there are, works on one after the other, and ends. One that finds no
// message ends at once.
//
// A message waits until a job takes it, and all that a job took are done when the
// job ends. Scenario.Replicas and the HPA do not take part. Errors are as for [Run].
func RunJobs(d autoscale.JobDecider, s Scenario) (Result, error) {
	policy, known := autoscale.Policy{Max: most}, false
	switch p := d.(type) {
	case autoscale.JobPolicy:
		policy.Min, policy.Max, known = p.Min, p.Max, true
	case *autoscale.JobPolicy:
		policy.Min, policy.Max, known = p.Min, p.Max, true
	}
	if err := check(d, s); err != nil {
		return Result{}, err
	}
	s.Replicas = 0
	w := newWorld(s, policy, known)
	return w.run(&jobs{world: w, decider: d, ends: make([]int, w.ticks+1)})
}

// Jobs are created in a world.
type jobs struct {
	*world
	decider autoscale.JobDecider
	state   autoscale.JobState

	pending []int // the ticks in which they begin to work, sorted
	busy    int   // jobs that work
	ends    []int // how many of these end at a tick
	rest    int64 // nanoseconds that jobs have worked too little, by whole ticks
}

// act creates the jobs that are due.
func (j *jobs) act() error {
	j.busy -= j.ends[j.tick]
	defer func() { j.crew.told, j.crew.ready = len(j.pending)+j.busy, j.busy }()
	if !j.polls.due(j.at()) {
		return nil
	}
	in := autoscale.JobInput{
		Now: j.now(), Running: len(j.pending) + j.busy, Pending: len(j.pending), Samples: j.samples(), State: j.state,
	}
	d := j.decider.Decide(in)
	if d.Create < 0 || in.Running+d.Create > most {
		return fmt.Errorf("the decision at %v: %d jobs besides %d are not within 0 and %d, which a simulation can have",
			j.at(), d.Create, in.Running, most)
	}
	j.state = d.State
	j.meter.Rounds = append(j.meter.Rounds, Round{At: j.at(), By: ByPolicy, Job: &JobRound{in, d}})
	for range d.Create {
		j.pending = append(j.pending, j.tick+ticksOf(j.crew.start(), j.Tick))
	}
	slices.Sort(j.pending)
	return nil
}

// take has the jobs that are ready take their messages.
func (j *jobs) take() {
	for len(j.pending) > 0 && j.pending[0] <= j.tick {
		j.pending = j.pending[1:]
		j.begin()
	}
}

// begin has one job take its messages.
func (j *jobs) begin() {
	batch, work := j.queue.batch(int64(j.Workers.PerJob))
	if len(batch) == 0 {
		j.meter.EmptyJobs++
		return
	}
	work += j.rest
	ticks := max(work/int64(j.Tick), 1)
	j.rest = max(work-ticks*int64(j.Tick), 0)
	end := int64(j.tick) + ticks
	for _, c := range batch {
		j.waited(c.tick, c.count)
		j.queue.work(c.source, c.count, end)
	}
	j.busy++
	if end < int64(len(j.ends)) {
		j.ends[end]++
	}
}

// wanted returns how many jobs the truth calls for besides those that work.
func (j *jobs) wanted() int {
	n := j.world.wanted()
	if n < j.policy.Max {
		n += j.busy
	}
	return min(n, j.policy.Max)
}

// batch takes up to n messages off the queue and returns them with the nanoseconds
// that it takes to work on all of them.
func (q *queue) batch(n int64) (taken []cohort, work int64) {
	for n > 0 && q.first < len(q.cohorts) {
		c := &q.cohorts[q.first]
		part := *c
		part.count = min(c.count, n)
		taken = append(taken, part)
		work += part.count * part.work
		n -= part.count
		c.count -= part.count
		q.waiting[c.source] -= part.count
		q.allWaiting -= part.count
		if c.count == 0 {
			q.first++
		}
	}
	return taken, work
}
