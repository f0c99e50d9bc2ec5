package autoscale

import (
	"time"
)

// Decide returns how many jobs to create. It is pure: equal arguments give
// equal JobDecisions, nothing is read from a clock and the JobInput is not
// changed. An invalid policy (see [JobPolicy.Validate]) is read as the nearest
// valid one.
//
// A reading takes part in one decision. One that is not newer than the last of
// its trigger creates no job, however often Decide is called: part of its
// messages may belong to jobs that were created for it and are done. A reading
// without a time is always new.
//
// The load of a trigger that fails, or is active by a reading that was used, is
// not known. It is taken to be the least that it could be, so that the jobs
// which are created are called for whatever it is: it adds nothing to the
// largest load and to the sum, counts in the mean as an active trigger without
// load, and makes the smallest load zero. As jobs are never removed, that is to
// wait, and not to scale down.
//
// The arithmetic is KEDA's but for three things. CalculationMax and
// CalculationMin compare loads in jobs and not readings, which are not
// comparable if targets differ. A load of zero counts in CalculationMin
// wherever it comes. And Max is never exceeded. While the same triggers are
// active, more load never creates fewer jobs.
func (p JobPolicy) Decide(in JobInput) JobDecision {
	e := jobEvaluation{
		policy:  p.bounded(),
		now:     plain(in.Now),
		running: min(max(in.Running, 0), maxReplicas),
		steps:   make([]JobStep, 0, len(in.Samples)+2),
	}
	e.pending = min(max(in.Pending, 0), e.running)
	e.n = e.running
	e.propose(in.Samples, in.State)
	e.scale()
	return JobDecision{
		Create: e.n - e.running,
		Active: e.active || e.policy.Min > 0,
		Steps:  e.steps,
		State:  JobState{Used: e.used, Own: in.State.Own},
	}
}

// A jobEvaluation is one decision on its way.
type jobEvaluation struct {
	policy  JobPolicy
	now     time.Time
	running int // unfinished jobs
	pending int // of these
	active  bool
	loads   []load
	used    map[string]time.Time

	n     int // unfinished jobs so far
	steps []JobStep
}

// A load is what one trigger calls for, or all of them.
type load struct {
	messages float64 // the reading
	jobs     float64 // the reading divided by its target, as far as jobs find work
	limit    int     // more jobs find no work at the source; 0 is no limit
	inFlight bool    // the reading includes what is being worked on
}

// step takes one step, whose From is set here.
func (e *jobEvaluation) step(s JobStep) {
	s.From = e.n
	e.n = s.To
	e.steps = append(e.steps, s)
}

// propose finds the load of every trigger that takes part. One of which too
// little is known takes part with no load.
func (e *jobEvaluation) propose(samples []Sample, state JobState) {
	e.loads = make([]load, 0, len(samples))
	for i := range samples {
		s := &samples[i]
		l := load{inFlight: s.Metric.InFlight}
		last, before := state.Used[s.Trigger]
		if before {
			last = notAfter(plain(last), e.now)
			e.use(s.Trigger, last)
		}
		if err := s.problem(false); err != nil {
			e.step(JobStep{Rule: RuleFailed, Trigger: s.Trigger, Error: err.Error(), To: e.n})
			e.loads = append(e.loads, l)
			continue
		}

		at, timed := e.now, !s.Reading.Time.IsZero()
		if timed {
			at = notAfter(plain(s.Reading.Time), e.now)
		}
		fresh := !timed || !before || at.After(last)
		if fresh {
			e.use(s.Trigger, at)
		}
		if !s.Reading.IsActive(s.Metric) {
			e.step(JobStep{Rule: RuleInactive, Trigger: s.Trigger, Value: s.Reading.Value, Note: s.Reading.Note, To: e.n})
			continue
		}
		e.active = true
		if fresh {
			target := s.target().Value
			jobs := s.Reading.Value / target
			l.messages, l.jobs, l.limit = s.Reading.Value, share{s.Reading.Limit, s.Reading.Even}.jobs(jobs), s.Reading.Limit
			e.step(JobStep{
				Rule: RuleMetric, Trigger: s.Trigger, Value: s.Reading.Value, Target: target, Load: l.jobs, SourceLimit: l.limit,
				Strategy: e.policy.Strategy, InFlight: l.inFlight, Busy: e.running - e.pending, Max: e.policy.Max - e.policy.Min,
				Note: s.Reading.Note, To: e.n,
			})
		} else {
			e.step(JobStep{Rule: RuleUsed, Trigger: s.Trigger, Time: at, To: e.n})
		}
		e.loads = append(e.loads, l)
	}
}

// jobs returns how many of so many jobs find work, rounded up to a divisor of
// the limit if each is to have as much as the others.
func (s share) jobs(n float64) float64 {
	if s.limit == 0 || !s.even && n <= float64(s.limit) {
		return n
	}
	return float64(s.of(wholeJobs(n)))
}

// use notes the time of a reading. A new map is made, as the old one belongs
// to the caller.
func (e *jobEvaluation) use(trigger string, at time.Time) {
	if e.used == nil {
		e.used = make(map[string]time.Time)
	}
	e.used[trigger] = at
}

// scale turns the loads into jobs.
func (e *jobEvaluation) scale() {
	p := &e.policy
	if p.Pause {
		e.step(JobStep{Rule: RulePaused, To: e.n})
		return
	}
	if p.Strategy == StrategyAuto {
		e.auto()
	} else if e.running >= p.Min {
		e.keda()
	}
	if most := max(p.Max, e.running); e.n > most {
		e.step(JobStep{Rule: RuleTooManyReplicas, Max: p.Max, To: most})
	}
	if e.n < p.Min {
		e.step(JobStep{Rule: RuleTooFewReplicas, To: p.Min})
	}
}
