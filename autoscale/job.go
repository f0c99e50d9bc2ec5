package autoscale

import (
	"encoding/json"
	"errors"
	"math"
	"time"
)

// A JobPolicy says how many Jobs to create for the readings of a workload's
// triggers. Where a replica works until it is stopped, a Job works until it is
// done: jobs are only created, and each ends by itself.
//
// The zero value needs at least Max. Zero values of the other fields are the
// defaults of a KEDA ScaledJob.
type JobPolicy struct {
	// Min and Max bound the number of unfinished jobs: 0 ≤ Min ≤ Max, Max ≥ 1.
	// Min jobs are kept running whatever the triggers say.
	Min, Max int

	// Strategy says how many jobs to create for the load and the jobs that
	// there are. Empty means [StrategyDefault].
	Strategy Strategy

	// Calculation makes one load of those of several triggers. Empty means
	// [CalculationMax].
	Calculation Calculation

	// Deduction is the number of jobs that StrategyCustom takes off: at
	// least 0.
	Deduction int

	// RunningPercentage is the part of the running jobs that StrategyCustom
	// takes off, where 0.5 means 50 %: finite and at least 0. Without it
	// StrategyCustom is StrategyDefault.
	RunningPercentage *float64

	// Pause creates no job, not even up to Min.
	Pause bool
}

// A Strategy is a way to reckon with the jobs that there are. What is right
// depends on whether a reading includes messages that are being worked on.
// [StrategyAuto] knows that from [scalerkit.Metric.InFlight]. The others are
// KEDA's, and leave it to the user to choose the one that fits the source.
//
// In the formulas of KEDA's strategies, wanted is the load in jobs, that is,
// reading / target, at most Max - Min and rounded up; running is the number of
// unfinished jobs beyond Min, pending ones included. The result is at least 0
// and, except for StrategyEager, at most one job for each message. While there
// are fewer than Min jobs they create these, and look at the load after that.
type Strategy string

const (
	// StrategyDefault creates wanted - running. It fits readings that include
	// messages being worked on.
	StrategyDefault Strategy = "default"

	// StrategyCustom creates
	// wanted - Deduction - ⌊running × RunningPercentage⌋.
	StrategyCustom Strategy = "custom"

	// StrategyAccurate creates wanted - pending, but no more than
	// Max - Min - running. It fits readings of waiting messages only.
	StrategyAccurate Strategy = "accurate"

	// StrategyEager creates wanted, but no more than
	// Max - Min - running - pending. It fills the free places as long as
	// there is load. Pending jobs are counted twice, as KEDA does.
	StrategyEager Strategy = "eager"

	// StrategyAuto fits every source and needs no other field. Where the
	// reading includes messages that are being worked on, every unfinished job
	// has its share in it:
	//
	//	create reading / target - unfinished jobs
	//
	// Where it counts only those that wait, pending jobs will take their share
	// of them, and the other jobs have theirs already:
	//
	//	create reading / target - pending jobs
	//
	// With several triggers, each says how many jobs there should be in all,
	// which in the second case are reading / target + busy jobs, and
	// Calculation applies to these. CalculationSum counts the busy jobs once.
	// If triggers of both kinds add up, nobody knows which messages the busy
	// jobs work on, and it takes them to be those that are in a reading as far
	// as possible, which creates the fewest jobs.
	//
	// Min is part of the number in all.
	StrategyAuto Strategy = "auto"
)

// A Calculation makes one load of several triggers. Those that are known to be
// inactive do not take part.
type Calculation string

const (
	CalculationMax Calculation = "max" // the largest load; the default
	CalculationMin Calculation = "min" // the smallest load
	CalculationAvg Calculation = "avg" // the mean load
	CalculationSum Calculation = "sum" // all loads together
)

// A JobInput is all that [JobPolicy.Decide] goes by.
type JobInput struct {
	// Now is the time of the decision.
	Now time.Time

	// Running is the number of jobs that are not finished, those that are
	// Pending included. Who cannot list the jobs cannot decide: a number that
	// is too low makes too many jobs.
	Running int

	// Pending is how many of the Running ones have not begun to take work.
	// For Kubernetes Jobs these are the ones of which no pod has run; where
	// pods run long before they take work, the ones of which no pod is ready.
	Pending int

	// Samples are the latest readings, one for every trigger. A job takes
	// Target.Value of the reading; the kind of the target does not matter. A
	// reading with a Limit calls for no more jobs than find work at its source,
	// and with Even for a number that divides it.
	Samples []Sample

	// State is what the decision before this one returned. The zero value
	// starts afresh. Decide does not change what it refers to.
	State JobState
}

// A JobState is what one decision leaves to the next. It is plain data that can
// be marshaled, kept and written as a literal; its times are in UTC.
type JobState struct {
	// Used holds the time of the latest reading of each trigger that took part
	// in a decision.
	Used map[string]time.Time `json:"used,omitempty"`

	// Own is for a [JobDecider] that is no JobPolicy. A JobPolicy keeps it as it
	// is.
	Own json.RawMessage `json:"own,omitempty"`
}

// Validate returns everything that is wrong with p, one problem on a line.
func (p JobPolicy) Validate() error {
	var v problems
	v.count("Min", p.Min, 0)
	v.count("Max", p.Max, 1)
	if p.Min > p.Max {
		v.addf("Min: %d is greater than Max: %d", p.Min, p.Max)
	}
	switch p.Strategy {
	case "", StrategyDefault, StrategyCustom, StrategyAccurate, StrategyEager, StrategyAuto:
	default:
		v.addf("Strategy: %q is not one of %s, %s, %s, %s, %s", p.Strategy,
			StrategyDefault, StrategyCustom, StrategyAccurate, StrategyEager, StrategyAuto)
	}
	switch p.Calculation {
	case "", CalculationMax, CalculationMin, CalculationAvg, CalculationSum:
	default:
		v.addf("Calculation: %q is not one of %s, %s, %s, %s", p.Calculation,
			CalculationMax, CalculationMin, CalculationAvg, CalculationSum)
	}
	v.count("Deduction", p.Deduction, 0)
	if p.RunningPercentage != nil {
		v.tolerance("RunningPercentage", *p.RunningPercentage)
	}
	return errors.Join(v...)
}

// bounded returns p with its fields moved into their ranges, where Max wins
// over Min.
func (p JobPolicy) bounded() JobPolicy {
	p.Max = min(max(p.Max, 1), maxReplicas)
	p.Min = min(max(p.Min, 0), p.Max)
	p.Deduction = min(max(p.Deduction, 0), maxReplicas)
	if r := p.RunningPercentage; p.Strategy == StrategyCustom && (r == nil || !(*r >= 0) || math.IsInf(*r, 0)) {
		p.Strategy = StrategyDefault
	}
	return p
}
