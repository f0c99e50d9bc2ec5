package tune

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// Defaults of a [Search].
const (
	DefaultBudget = 500
	DefaultSeeds  = 3
)

// A Search is what to look for, and where.
type Search struct {
	// Given is how the workload is scaled now. What Space says nothing of stays as it
	// is there.
	Given Setting

	// Space are the values that are tried.
	Space Space

	// Decider, if set, returns who scales by a policy, for example
	// [simulate.KEDA]. Without it, the policy does.
	Decider func(autoscale.Policy) autoscale.Decider

	// Loads are what a setting is judged by: at least one. Held are not, and are
	// played at the end with the given setting and with the best.
	Loads, Held []Load

	// Objective is what is to be achieved: at least one of its waits, or RightSize.
	// Its ReplicaSeconds are 0, for these become as few as they can.
	Objective simulate.Objective

	// Budget is how many simulations there are at most; 0 means [DefaultBudget]. They
	// include those of Held, and those that tell why no setting meets the objective.
	Budget int

	// Seed is what all chance comes from. Every setting plays every load Seeds times,
	// with the seeds Seed, Seed+1 and so on; 0 means [DefaultSeeds].
	Seed  uint64
	Seeds int

	// Enough, if set, is asked now and then, and ends the search by returning true,
	// before the budget is used up: after some time, say. What is best then depends on
	// when that was.
	Enough func() bool

	// Progress, if set, is told after each simulation how many there were. It is
	// never called concurrently.
	Progress func(simulations int)
}

// A Load is a world in which settings are tried. What its Scenario refers to is
// called concurrently.
type Load struct {
	// Name is what it is called.
	Name string

	// Scenario is the world. Its Interval, its Seed and those targets that are tuned
	// are those of what is tried.
	Scenario simulate.Scenario

	// AtRest has it begin with as many replicas as the policy that is tried has at
	// rest, in place of Scenario.Replicas.
	AtRest bool
}

// A Setting is what is tuned: a policy, and how its triggers are read.
type Setting struct {
	Policy   autoscale.Policy
	Interval time.Duration // from one poll to the next: greater than zero

	// Targets are those of the triggers with these names, and [autoscale.Formula]
	// that of Policy.Combine. Others are as the loads say.
	Targets map[string]float64
}

// A Trial is a setting that was tried.
type Trial struct {
	Setting Setting
	Figures Figures

	// Seeds is with how many seeds it played each load. Those that were beaten with
	// the first one have 1.
	Seeds int

	// Meets says that it met the objective each time.
	Meets bool
}

// A Comparison is what came of one load.
type Comparison struct {
	Load                  string
	Given, Best           Figures
	GivenMeets, BestMeets bool // the objective
}

// A Result is what came of a [Search].
type Result struct {
	// Given is the setting as it was, and Best the best of all. If no setting meets
	// the objective, Best is the nearest to it, and Causes say what stands in the way.
	Given, Best Trial

	// Loads and Held compare the two, load by load.
	Loads, Held []Comparison

	// Frontier are the settings of which none has both fewer replica-seconds and a
	// shorter time of the kind that Measure names. They are in the order of their
	// replica-seconds, so that the times become shorter and shorter.
	Frontier []Trial
	Measure  string

	// Trials are all, in the order in which they were tried.
	Trials []Trial

	// Causes are there if Best does not meet the objective.
	Causes []Cause

	// Simulations is how many there were.
	Simulations int
}

// A Cause is what would become of Result.Best in another world, if it also polled as
// often as Space has it and went up without a limit.
type Cause struct {
	If      string // what is different there
	Figures Figures
	Meets   bool // the objective
}

// Run searches. If ctx ends, there is no Result but the error of ctx. Other errors say
// everything that is wrong with the Search, one problem on a line.
func Run(ctx context.Context, s Search) (Result, error) {
	s = s.defaults()
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	w := newWalk(&s)
	if err := w.search(ctx); err != nil {
		return Result{}, err
	}
	r := Result{Measure: s.measure().name, Given: w.trials[0].Trial, Best: w.best.Trial, Frontier: w.frontier()}
	for _, t := range w.trials {
		r.Trials = append(r.Trials, t.Trial)
	}
	r.Loads = w.compare(s.Loads, w.trials[0].byLoad, w.best.byLoad)
	err := w.hold(ctx, &r)
	if err == nil && !r.Best.Meets {
		r.Causes, err = w.causes(ctx)
	}
	r.Simulations = w.done
	return r, err
}

func (s Search) defaults() Search {
	if s.Budget == 0 {
		s.Budget = DefaultBudget
	}
	if s.Seeds == 0 {
		s.Seeds = DefaultSeeds
	}
	return s
}

// Validate returns everything that is wrong with s but for what a simulation finds in
// the given policy or in a load: one problem on a line.
func (s Search) Validate() error {
	s = s.defaults()
	var problems []error
	addf := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(s.Loads) == 0 {
		addf("Loads: there is none")
	}
	switch o := s.Objective; {
	case !slices.ContainsFunc(measures, func(m measure) bool { return m.limit(o) > 0 }):
		addf("Objective: it limits neither a wait nor RightSize")
	case o.ReplicaSeconds != 0:
		addf("Objective.ReplicaSeconds: %v is not 0: they become as few as they can", o.ReplicaSeconds)
	}
	if s.Seeds < 1 {
		addf("Seeds: %d is less than 1", s.Seeds)
	} else if least := s.Seeds*len(s.Loads) + s.reserve(); s.Budget < least {
		addf("Budget: %d is less than %d, which it takes to play the given setting, what is held back and what stands in the way", s.Budget, least)
	}
	if s.Given.Interval <= 0 {
		addf("Given.Interval: %v is not greater than 0", s.Given.Interval)
	}
	return errors.Join(append(problems, s.checkSpace()...)...)
}

// reserve is how many simulations are kept for after the search.
func (s *Search) reserve() int { return 2*s.Seeds*len(s.Held) + len(otherWorlds)*len(s.Loads) }

// decider is who scales by a setting.
func (s *Search) decider(with Setting) autoscale.Decider {
	policy := with.policy()
	if s.Decider != nil {
		return s.Decider(policy)
	}
	return policy
}

// policy is the policy with its target.
func (s Setting) policy() autoscale.Policy {
	p := s.Policy
	if target, ok := s.Targets[autoscale.Formula]; ok && p.Combine != nil {
		combine := *p.Combine
		combine.Target.Value = target
		p.Combine = &combine
	}
	return p
}

// scenario is the world of a load for a setting.
func (l Load) scenario(with Setting, seed uint64) simulate.Scenario {
	s := l.Scenario
	s.Interval, s.Seed = with.Interval, seed
	if l.AtRest {
		s.Replicas = with.Policy.Min
		if with.Policy.Idle != nil {
			s.Replicas = *with.Policy.Idle
		}
	}
	s.Sources = slices.Clone(s.Sources)
	for i := range s.Sources {
		src := &s.Sources[i]
		name := src.Name
		if name == "" {
			name = simulate.DefaultName
		}
		if target, ok := with.Targets[name]; ok {
			src.Target.Value = target
		}
	}
	return s
}
