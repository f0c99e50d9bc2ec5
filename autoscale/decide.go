package autoscale

import "time"

// Decide returns how many replicas the workload should have. It is pure: equal
// arguments give equal Decisions, nothing is read from a clock and the Input
// is not changed. See the package documentation for the rules and their order.
//
// An invalid policy (see [Policy.Validate]) is read as the nearest valid one.
func (p Policy) Decide(in Input) Decision {
	d := decider{policy: p.bounded()}
	d.begin(&in)
	d.measure(in.Samples)
	d.scale()
	d.pause()
	d.remember()
	return Decision{Replicas: d.n, Active: d.active, Steps: d.steps, Triggers: d.triggers, State: d.state}
}

// A decider is one decision on its way.
type decider struct {
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
func (d *decider) begin(in *Input) {
	d.up, d.down = d.policy.up(), d.policy.down()
	d.now = plain(in.Now)
	d.current = max(in.Current, 0)
	d.n = in.Current
	d.steps = make([]Step, 0, len(in.Samples)+2)
	d.state = in.State
	d.ready = max(d.current, 1)
	if in.Ready != nil && d.current > 0 {
		d.ready = min(max(*in.Ready, 0), maxReplicas)
	}
	outcomes := len(in.Samples)
	if d.policy.Combine != nil {
		outcomes++
	}
	d.triggers = make([]TriggerOutcome, 0, outcomes)
	if in.State.Since.IsZero() {
		d.state.Since, d.state.Found = d.now, d.current > 0
	}
	d.state.rewind(d.now)
	if in.State.Since.IsZero() {
		if d.state.Recommendations == nil {
			// As in the HPA, a window begins with what is there.
			d.state.Recommendations = []Recommendation{{d.current, d.now}}
		}
	}
	if in.Current < 0 {
		d.step(Step{Rule: RuleTooFewReplicas, To: 0})
	}
}

// remember records the change for the limits of later decisions. Changes that
// the HPA has no part in do not count, as they do not with KEDA.
func (d *decider) remember() {
	change := 0
	if d.limited {
		change = d.n - d.current
	}
	d.state.changed(change, d.now, d.up.longest(), d.down.longest())
	d.state.forget(d.now.Add(-max(d.up.window, d.down.window)))
}

// step takes one step, whose From is set here.
func (d *decider) step(s Step) {
	s.From = d.n
	d.n = s.To
	d.steps = append(d.steps, s)
}

// restart takes back all steps, for a rule that decides whatever they came to.
func (d *decider) restart() {
	if len(d.steps) > 0 {
		d.n = d.steps[0].From
		d.steps = d.steps[:0]
	}
}

// scale turns what the triggers call for into a number of replicas.
func (d *decider) scale() {
	if d.known == 0 {
		d.unsure = true
	}
	if d.policy.Pause.ForceActive {
		d.active = true
	}
	rest, canRest := d.policy.rest()
	switch {
	case d.active:
		d.state.active(d.now)
	case d.unsure:
		d.state.Unsure = true
	case d.current > rest || d.state.Unsure:
		d.state.inactive(d.now)
	}

	switch {
	case d.active && (d.current == 0 || d.policy.Idle != nil && d.current < d.policy.floor()):
		d.activate()
	case d.active:
		d.hpa()
	case canRest && d.current <= rest && d.unsure:
		d.hold()
	case canRest && d.current <= rest:
		d.step(Step{Rule: RuleInactive, To: d.current})
	case canRest && !d.unsure:
		d.deactivate(rest)
	default:
		d.hpa()
	}
}

// activate goes straight to what the triggers call for.
func (d *decider) activate() {
	floor := d.policy.floor()
	if d.known > 0 {
		d.state.recommend(d.n, d.now, d.up.window, d.down.window)
	}
	d.step(Step{Rule: RuleActivated, Trigger: d.activeBy, Replicas: floor, To: max(d.n, floor)})
	d.atMost(d.policy.Max)
}

// deactivate goes to the replicas of an inactive workload when it has been
// inactive for long enough.
func (d *decider) deactivate(rest int) {
	wait := d.policy.Cooldown
	if d.state.LastActive.IsZero() {
		wait = d.policy.InitialCooldown
		if d.state.Found {
			wait = max(wait, d.policy.Cooldown)
		}
	}
	s := Step{Rule: RuleCooldown, To: d.n, Window: max(wait, 0), Unknown: d.state.Unknown}
	s.Elapsed = d.now.Sub(d.state.start()) - s.Unknown
	if s.Elapsed < s.Window {
		d.step(s)
		d.hpa()
		return
	}

	s.Rule, s.To = RuleDeactivated, rest
	if floor := d.policy.floor(); d.policy.Gradual && d.current > floor {
		s.To = floor
		d.step(s)
		d.hpa()
		return
	}
	d.step(s)
}

// hold keeps the current number of replicas.
func (d *decider) hold() {
	d.step(Step{Rule: RuleHold, Replicas: d.current, To: d.current})
}

// hpa does what the HPA does with a workload that has replicas.
func (d *decider) hpa() {
	d.limited = d.current > 0
	p := &d.policy
	if d.current > p.Max {
		d.restart()
		d.atMost(p.Max)
		return
	}
	if d.current < p.floor() {
		d.restart()
		d.atLeast(p.floor())
		return
	}
	if p.Delegate {
		d.step(Step{Rule: RuleDelegated, Replicas: d.current, To: d.current})
		return
	}
	if d.known == 0 || d.failing > 0 && d.n < d.current {
		// As much may be called for: a window that ends without knowledge would
		// let the first answer take all replicas away.
		d.state.recommend(d.current, d.now, d.up.window, d.down.window)
		d.hold()
		return
	}
	d.stabilize()
	switch {
	case d.n > d.current:
		limit, by := d.up.upLimit(d.current, &d.state, d.now)
		if limit < p.Max && d.n > limit {
			d.step(Step{Rule: RuleScaleUpLimit, Limit: by, Replicas: limit, To: limit})
		}
		d.atMost(p.Max)
	case d.n < d.current:
		limit, by := d.down.downLimit(d.current, &d.state, d.now)
		if limit > p.floor() && d.n < limit {
			d.step(Step{Rule: RuleScaleDownLimit, Limit: by, Replicas: limit, To: limit})
		}
		d.atLeast(p.floor())
	}
}

// stabilize records the recommendation and holds it against recent ones.
func (d *decider) stabilize() {
	wanted := d.n
	lowest, highest := d.state.recommend(wanted, d.now, d.up.window, d.down.window)
	n := min(max(d.current, lowest), highest)
	switch {
	case n == wanted:
	case wanted >= d.current:
		d.step(Step{Rule: RuleScaleUpStabilized, Window: d.up.window, Replicas: lowest, To: n})
	default:
		d.step(Step{Rule: RuleScaleDownStabilized, Window: d.down.window, Replicas: highest, To: n})
	}
}

func (d *decider) atMost(n int) {
	if d.n > n {
		d.step(Step{Rule: RuleTooManyReplicas, Replicas: n, To: n})
	}
}

func (d *decider) atLeast(n int) {
	if d.n < n {
		d.step(Step{Rule: RuleTooFewReplicas, Replicas: n, To: n})
	}
}

// pause has the last word.
func (d *decider) pause() {
	p := &d.policy.Pause
	switch {
	case p.Replicas != nil:
		n := min(max(*p.Replicas, 0), maxReplicas)
		d.limited = false
		d.step(Step{Rule: RulePaused, Replicas: n, To: n})
	case p.All:
		d.step(Step{Rule: RulePaused, Replicas: d.current, To: d.current})
	case p.In && d.n < d.current:
		d.step(Step{Rule: RulePausedScaleIn, To: d.current})
	case p.Out && d.n > d.current:
		d.step(Step{Rule: RulePausedScaleOut, To: d.current})
	}
}
