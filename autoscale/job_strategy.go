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
func (d *jobDecider) calculated(total float64) {
	if len(d.loads) > 1 {
		c := cmp.Or(d.policy.Calculation, CalculationMax)
		d.step(RuleCalculation, "", d.n, "%s of %d triggers = %s", c, len(d.loads), number(total))
	}
}

// auto is [StrategyAuto].
func (d *jobDecider) auto() {
	busy := float64(d.running - d.pending)
	inAll := func(l load) float64 {
		if l.inFlight {
			return l.jobs
		}
		if l.limit > 0 {
			return min(l.jobs+busy, float64(l.limit)) // the busy ones have their share of the source
		}
		return l.jobs + busy
	}
	total := d.policy.Calculation.of(d.loads, inAll)
	if d.policy.Calculation == CalculationSum {
		var inFlight, waiting float64
		for _, l := range d.loads {
			if l.inFlight {
				inFlight += l.jobs
			} else {
				waiting += l.jobs
			}
		}
		total = waiting + max(inFlight, busy)
	}
	d.calculated(total)

	wanted := wholeJobs(total)
	d.strategy(wanted-d.running, "%d wanted in all - %d unfinished", wanted, d.running)
}

// keda is one of KEDA's strategies. Source: pkg/scaling/executor/scale_jobs.go
// and pkg/scaling/scaledjob/metrics.go in github.com/kedacore/keda.
func (d *jobDecider) keda() {
	p := &d.policy
	most := p.Max - p.Min
	jobs := p.Calculation.of(d.loads, func(l load) float64 { return min(l.jobs, float64(most)) })
	jobs = min(jobs, float64(most))
	d.calculated(jobs)

	wanted, running := wholeJobs(jobs), d.running-p.Min
	of := fmt.Sprintf("%d running", running)
	if p.Min > 0 {
		of += " beyond Min"
	}
	switch p.Strategy {
	case StrategyCustom:
		part := replicas(float64(running) * *p.RunningPercentage)
		d.strategy(wanted-p.Deduction-part, "%d wanted - %d - %d of %s", wanted, p.Deduction, part, of)
	case StrategyAccurate:
		if wanted+running-d.pending > most {
			d.strategy(most-running, "%d at most - %s", most, of)
		} else {
			d.strategy(wanted-d.pending, "%d wanted - %d pending", wanted, d.pending)
		}
	case StrategyEager:
		free := most - running - d.pending
		d.strategy(min(free, wanted), "%d wanted, %d at most - %s - %d pending", wanted, most, of, d.pending)
		return
	default:
		d.strategy(wanted-running, "%d wanted - %s", wanted, of)
	}

	messages := wholeJobs(p.Calculation.of(d.loads, func(l load) float64 { return l.messages }))
	if d.n-d.running > messages {
		d.step(RuleMessages, "", d.running+messages, "no more new jobs than messages: %d", messages)
	}
}

// strategy takes the step to n more jobs. Jobs are not removed: less than none
// is none.
func (d *jobDecider) strategy(n int, format string, args ...any) {
	s := cmp.Or(d.policy.Strategy, StrategyDefault)
	d.step(RuleStrategy, "", d.running+max(n, 0), "%s: %s = %d", s, fmt.Sprintf(format, args...), n)
}
