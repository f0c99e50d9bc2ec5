package autoscale

import (
	"errors"
	"maps"
	"slices"
)

// A Decider is what a Loop of package control decides by. [Policy] is one;
// another strategy is another one. It may be called concurrently for different workloads.
//
// Decide goes by nothing but its Input, so that a decision can be made again, in
// a test or from a recording. What it has to remember it puts into the State of
// its Decision, where Own is for what Policy has no field for, and finds it in
// the next Input.
//
// A Decision's Steps explain it and its Triggers say what each trigger came to:
// whoever serves an HPA or writes a status goes by these. Neither has to be
// there.
type Decider interface {
	Decide(Input) Decision
}

// A JobDecider is what a JobLoop decides by. [JobPolicy] is one; the rest is as
// for a [Decider].
type JobDecider interface {
	Decide(JobInput) JobDecision
}

// A Checker is a [Decider] or a [JobDecider] that can tell that it will never
// decide well. Check gets the names of all triggers, and who runs
// it refuses to with its error.
type Checker interface {
	Check(triggers []string) error
}

// Check implements [Checker]: it returns everything that is wrong with p, as
// Validate does, and with the names of triggers in it.
func (p Policy) Check(triggers []string) error {
	var v problems
	if err := p.Validate(); err != nil {
		v = append(v, err)
	}
	p.checkNames(triggers, &v)
	return errors.Join(v...)
}

// checkNames checks the names of triggers, and those that the policy has.
func (p *Policy) checkNames(names []string, v *problems) {
	if p.Combine != nil {
		if slices.Contains(names, Formula) {
			v.addf("trigger %q: this is the name of the combined value", Formula)
		}
		names = append(slices.Clip(names), Formula)
	}
	for _, name := range slices.Sorted(maps.Keys(p.OnError)) {
		if name != "" && !slices.Contains(names, name) {
			v.addf("OnError[%q]: there is no trigger of this name, only %q", name, names)
		}
	}
}

// Check implements [Checker], as Validate does.
func (p JobPolicy) Check([]string) error { return p.Validate() }
