package autoscale

import (
	"cmp"
	"fmt"
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
		e.step(RuleCalculation, "", e.n, "%s of %d triggers = %s", c, len(e.loads), number(total))
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
	e.strategy(wanted-e.running, "%d wanted in all - %d unfinished", wanted, e.running)
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
	of := fmt.Sprintf("%d running", running)
	if p.Min > 0 {
		of += " beyond Min"
	}
	switch p.Strategy {
	case StrategyCustom:
		part := replicas(float64(running) * *p.RunningPercentage)
		e.strategy(wanted-p.Deduction-part, "%d wanted - %d - %d of %s", wanted, p.Deduction, part, of)
	case StrategyAccurate:
		if wanted+running-e.pending > most {
			e.strategy(most-running, "%d at most - %s", most, of)
		} else {
			e.strategy(wanted-e.pending, "%d wanted - %d pending", wanted, e.pending)
		}
	case StrategyEager:
		free := most - running - e.pending
		e.strategy(min(free, wanted), "%d wanted, %d at most - %s - %d pending", wanted, most, of, e.pending)
		return
	default:
		e.strategy(wanted-running, "%d wanted - %s", wanted, of)
	}

	messages := wholeJobs(p.Calculation.of(e.loads, func(l load) float64 { return l.messages }))
	if e.n-e.running > messages {
		e.step(RuleMessages, "", e.running+messages, "no more new jobs than messages: %d", messages)
	}
}

// strategy takes the step to n more jobs. Jobs are not removed: less than none
// is none.
func (e *jobEvaluation) strategy(n int, format string, args ...any) {
	s := cmp.Or(e.policy.Strategy, StrategyDefault)
	e.step(RuleStrategy, "", e.running+max(n, 0), "%s: %s = %d", s, fmt.Sprintf(format, args...), n)
}
