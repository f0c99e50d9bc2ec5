package autoscale

import "time"

// Decide returns how many replicas the workload should have. It is pure: equal
// arguments give equal Decisions, nothing is read from a clock and the Input
// is not changed. See the package documentation for the rules and their order.
//
// An invalid policy (see [Policy.Validate]) is read as the nearest valid one.
func (p Policy) Decide(in Input) Decision {
	e := evaluation{policy: p.bounded()}
	e.begin(&in)
	e.propose(in.Samples)
	e.scale()
	e.pause()
	e.remember()
	return Decision{Replicas: e.n, Active: e.active, Steps: e.steps, Triggers: e.triggers, Next: e.next(), State: e.state}
}

// An evaluation is one decision on its way.
type evaluation struct {
	policy   Policy
	up, down behavior
	now      time.Time
	current  int
	ready    int

	n        int // replicas so far
	steps    []Step
	triggers []TriggerOutcome
	state    State
	limited  bool // n came about under the windows, limits and bounds of the HPA

	// What the triggers say.
	known    int    // triggers that call for a number
	failing  int    // triggers that fail and hold
	active   bool   // some trigger calls for a replica
	unsure   bool   // some trigger might call for a replica
	activeBy string // the first active trigger

	// What the next State will say of the triggers. Triggers that are gone, or
	// do not fail, drop out.
	failures map[string]int
	lastGood map[string]GoodReading

	// For Combine.
	values   map[string]float64
	ignored  int  // triggers that fail and count as not there
	replaced bool // a fallback takes the place of the formula
}

// begin takes up where the last decision ended.
func (e *evaluation) begin(in *Input) {
	e.up, e.down = e.policy.up(), e.policy.down()
	e.now = plain(in.Now)
	e.current = max(in.Current, 0)
	e.n = in.Current
	e.steps = make([]Step, 0, len(in.Samples)+1)
	e.state = in.State
	e.ready = max(e.current, 1)
	if in.Ready != nil && e.current > 0 {
		e.ready = min(max(*in.Ready, 0), maxReplicas)
	}
	outcomes := len(in.Samples)
	if e.policy.Combine != nil {
		outcomes++
	}
	e.triggers = make([]TriggerOutcome, 0, outcomes)
	if in.State.Since.IsZero() {
		e.state.Since, e.state.Found = e.now, e.current > 0
	}
	e.state.rewind(e.now)
	if in.State.Since.IsZero() {
		if e.state.Recommendations == nil {
			// As in the HPA, a window begins with what is there.
			e.state.Recommendations = []Recommendation{{e.current, e.now}}
		}
	}
	if in.Current < 0 {
		e.step(Step{Rule: RuleTooFewReplicas, To: 0})
	}
}

// remember records the change for the limits of later decisions. Changes that
// the HPA has no part in do not count, as they do not with KEDA.
func (e *evaluation) remember() {
	change := 0
	if e.limited {
		change = e.n - e.current
	}
	e.state.changed(change, e.now, e.up.longest(), e.down.longest())
	e.state.forget(e.now.Add(-max(e.up.window, e.down.window)))
}

// next is how soon the limits allow more, if they are what n is held back by.
// The change to n has been remembered.
func (e *evaluation) next() time.Duration {
	if e.steps[len(e.steps)-1].Rule != RuleScaleUpLimit {
		return 0
	}
	return e.up.next(e.n, &e.state, e.now)
}

// step takes one step, whose From is set here.
func (e *evaluation) step(s Step) {
	s.From = e.n
	e.n = s.To
	e.steps = append(e.steps, s)
}

// restart takes back all steps, for a rule that decides whatever they came to.
func (e *evaluation) restart() {
	if len(e.steps) > 0 {
		e.n = e.steps[0].From
		e.steps = e.steps[:0]
	}
}

// scale turns what the triggers call for into a number of replicas.
func (e *evaluation) scale() {
	if e.known == 0 {
		e.unsure = true
	}
	if e.policy.Pause.ForceActive {
		e.active = true
	}
	rest, canRest := e.policy.rest()
	switch {
	case e.active:
		e.state.active(e.now)
	case e.unsure:
		e.state.Unsure = true
	case e.current > rest || e.state.Unsure:
		e.state.inactive(e.now)
	}

	switch {
	case e.active && (e.current == 0 || e.policy.Idle != nil && e.current < e.policy.floor()):
		e.activate()
	case e.active:
		e.hpa()
	case canRest && e.current <= rest && e.unsure:
		e.hold()
	case canRest && e.current <= rest:
		e.step(Step{Rule: RuleInactive, To: e.current})
	case canRest && !e.unsure:
		e.deactivate(rest)
	default:
		e.hpa()
	}
}

// activate goes straight to what the triggers call for.
func (e *evaluation) activate() {
	floor := e.policy.floor()
	if e.known > 0 {
		e.state.recommend(e.n, e.now, e.up.window, e.down.window)
	}
	e.step(Step{Rule: RuleActivated, Trigger: e.activeBy, Replicas: floor, To: max(e.n, floor)})
	e.atMost(e.policy.Max)
}

// deactivate goes to the replicas of an inactive workload when it has been
// inactive for long enough.
func (e *evaluation) deactivate(rest int) {
	wait := e.policy.Cooldown
	if e.state.LastActive.IsZero() {
		wait = e.policy.InitialCooldown
		if e.state.Found {
			wait = max(wait, e.policy.Cooldown)
		}
	}
	s := Step{Rule: RuleCooldown, To: e.n, Window: max(wait, 0), Unknown: e.state.Unknown}
	s.Elapsed = e.now.Sub(e.state.start()) - s.Unknown
	if s.Elapsed < s.Window {
		e.step(s)
		e.hpa()
		return
	}

	s.Rule, s.To = RuleDeactivated, rest
	if floor := e.policy.floor(); e.policy.Gradual && e.current > floor {
		s.To = floor
		e.step(s)
		e.hpa()
		return
	}
	e.step(s)
}

// hold keeps the current number of replicas.
func (e *evaluation) hold() {
	e.step(Step{Rule: RuleHold, Replicas: e.current, To: e.current})
}

// hpa does what the HPA does with a workload that has replicas.
func (e *evaluation) hpa() {
	e.limited = e.current > 0
	p := &e.policy
	if e.current > p.Max {
		e.restart()
		e.atMost(p.Max)
		return
	}
	if e.current < p.floor() {
		e.restart()
		e.atLeast(p.floor())
		return
	}
	if p.Delegate {
		e.step(Step{Rule: RuleDelegated, Replicas: e.current, To: e.current})
		return
	}
	if e.known == 0 || e.failing > 0 && e.n < e.current {
		// As much may be called for: a window that ends without knowledge would
		// let the first answer take all replicas away.
		e.state.recommend(e.current, e.now, e.up.window, e.down.window)
		e.hold()
		return
	}
	e.stabilize()
	switch {
	case e.n > e.current:
		limit, by := e.up.upLimit(e.current, &e.state, e.now)
		if limit < p.Max && e.n > limit {
			e.step(Step{Rule: RuleScaleUpLimit, Limit: by, Replicas: limit, To: limit})
		}
		e.atMost(p.Max)
	case e.n < e.current:
		limit, by := e.down.downLimit(e.current, &e.state, e.now)
		if limit > p.floor() && e.n < limit {
			e.step(Step{Rule: RuleScaleDownLimit, Limit: by, Replicas: limit, To: limit})
		}
		e.atLeast(p.floor())
	}
}

// stabilize records the recommendation and holds it against recent ones.
func (e *evaluation) stabilize() {
	wanted := e.n
	lowest, highest := e.state.recommend(wanted, e.now, e.up.window, e.down.window)
	n := min(max(e.current, lowest), highest)
	switch {
	case n == wanted:
	case wanted >= e.current:
		e.step(Step{Rule: RuleScaleUpStabilized, Window: e.up.window, Replicas: lowest, To: n})
	default:
		e.step(Step{Rule: RuleScaleDownStabilized, Window: e.down.window, Replicas: highest, To: n})
	}
}

func (e *evaluation) atMost(n int) {
	if e.n > n {
		e.step(Step{Rule: RuleTooManyReplicas, Replicas: n, To: n})
	}
}

func (e *evaluation) atLeast(n int) {
	if e.n < n {
		e.step(Step{Rule: RuleTooFewReplicas, Replicas: n, To: n})
	}
}

// pause has the last word.
func (e *evaluation) pause() {
	p := &e.policy.Pause
	switch {
	case p.Replicas != nil:
		n := min(max(*p.Replicas, 0), maxReplicas)
		e.limited = false
		e.step(Step{Rule: RulePaused, Replicas: n, To: n})
	case p.All:
		e.step(Step{Rule: RulePaused, Replicas: e.current, To: e.current})
	case p.In && e.n < e.current:
		e.step(Step{Rule: RulePausedScaleIn, To: e.current})
	case p.Out && e.n > e.current:
		e.step(Step{Rule: RulePausedScaleOut, To: e.current})
	}
}
