package autoscale

import (
	"cmp"
	"math"
)

// wholeJobs rounds a load up. What floating point arithmetic adds to a whole
// number does not make one job more.
func wholeJobs(load float64) int {
	return replicas(math.Ceil(load * (1 - 1e-12)))
}

// of applies the calculation to one number of each load.
func (c Calculation) of(loads []load, number func(load) float64) float64 {
	var total float64
	for i, l := range loads {
		n := number(l)
		switch {
		case i == 0:
			total = n
		case c == CalculationAvg || c == CalculationSum:
			total += n
		case c == CalculationMin:
			total = min(total, n)
		default:
			total = max(total, n)
		}
	}
	if c == CalculationAvg && len(loads) > 0 {
		total /= float64(len(loads))
	}
	return total
}

// calculated takes the step from several loads to one.
func (e *jobEvaluation) calculated(total float64) {
	if len(e.loads) > 1 {
		c := cmp.Or(e.policy.Calculation, CalculationMax)
		e.step(JobStep{Rule: RuleCalculation, Calculation: c, Triggers: len(e.loads), Load: total, To: e.n})
	}
}

// auto is [StrategyAuto].
func (e *jobEvaluation) auto() {
	busy := float64(e.running - e.pending)
	inAll := func(l load) float64 {
		if l.inFlight {
			return l.jobs
		}
		if l.limit > 0 {
			return min(l.jobs+busy, float64(l.limit)) // the busy ones have their share of the source
		}
		return l.jobs + busy
	}
	total := e.policy.Calculation.of(e.loads, inAll)
	if e.policy.Calculation == CalculationSum {
		var inFlight, waiting float64
		for _, l := range e.loads {
			if l.inFlight {
				inFlight += l.jobs
			} else {
				waiting += l.jobs
			}
		}
		total = waiting + max(inFlight, busy)
	}
	e.calculated(total)

	wanted := wholeJobs(total)
	e.strategy(wanted-e.running, JobStep{Wanted: wanted, Running: e.running})
}

// keda is one of KEDA's strategies. Source: pkg/scaling/executor/scale_jobs.go
// and pkg/scaling/scaledjob/metrics.go in github.com/kedacore/keda.
func (e *jobEvaluation) keda() {
	p := &e.policy
	most := p.Max - p.Min
	jobs := p.Calculation.of(e.loads, func(l load) float64 { return min(l.jobs, float64(most)) })
	jobs = min(jobs, float64(most))
	e.calculated(jobs)

	wanted, running := wholeJobs(jobs), e.running-p.Min
	s := JobStep{Wanted: wanted, Running: running, BeyondMin: p.Min > 0, Pending: e.pending, Max: most}
	switch p.Strategy {
	case StrategyCustom:
		s.Deduction, s.Part = p.Deduction, replicas(float64(running)**p.RunningPercentage)
		e.strategy(wanted-s.Deduction-s.Part, s)
	case StrategyAccurate:
		if s.accurateAtMost() {
			e.strategy(most-running, s)
		} else {
			e.strategy(wanted-e.pending, s)
		}
	case StrategyEager:
		e.strategy(min(most-running-e.pending, wanted), s)
		return
	default:
		e.strategy(wanted-running, s)
	}

	messages := wholeJobs(p.Calculation.of(e.loads, func(l load) float64 { return l.messages }))
	if e.n-e.running > messages {
		e.step(JobStep{Rule: RuleMessages, New: messages, To: e.running + messages})
	}
}

// strategy takes the step to n more jobs. Jobs are not removed: less than none
// is none.
func (e *jobEvaluation) strategy(n int, s JobStep) {
	s.Rule, s.Strategy, s.New = RuleStrategy, cmp.Or(e.policy.Strategy, StrategyDefault), n
	s.To = e.running + max(n, 0)
	e.step(s)
}
