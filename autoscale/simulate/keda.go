package simulate

import (
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// KEDA decides as the scale loop of KEDA's operator does for a ScaledObject with
// the words of Policy: from zero to one, or to Min, and back to zero or Idle. [Run]
// has an HPA do the rest, which reads the source when it looks, as KEDA's metrics
// server does without useCachedMetrics.
//
// Of Policy, what KEDA has no word for does not count: Gradual, Delegate and OnError.
// An HPA has the default tolerance of 10 % unless Up or Down say otherwise. It is
// one without a behavior if neither is set.
//
// KEDA 2.21 does not poll where Min is greater than 0 and there is no Idle. Here it
// does, which changes nothing but how soon a fallback acts.
type KEDA struct{ Policy autoscale.Policy }

// Check implements [autoscale.Checker].
func (k KEDA) Check(triggers []string) error { return k.Policy.Check(triggers) }

// hpa returns the HPA that KEDA makes.
func (k KEDA) hpa() HPA {
	h := HPA{Policy: k.Policy}
	h.Policy.Tolerance = autoscale.Default().Tolerance
	h.NoBehavior = isUnset(k.Policy.Up) && isUnset(k.Policy.Down) && !k.Policy.Pause.In && !k.Policy.Pause.Out
	return h
}

func isUnset(b autoscale.Behavior) bool {
	return b.Window == nil && b.Select == "" && len(b.Limits) == 0 && b.Tolerance == nil
}

// Decide implements [autoscale.Decider].
func (k KEDA) Decide(in autoscale.Input) autoscale.Decision {
	e := kedaPoll{policy: k.Policy, now: in.Now, current: in.Current, n: in.Current, state: in.State}
	if e.state.Since.IsZero() {
		e.state.Since = in.Now
	}
	e.kedaRead = k.read(in.Samples, in.State.Failures, in.Current)
	e.state.Failures = e.failures
	for _, s := range e.failed {
		s.To = e.n
		e.step(s)
	}
	e.scale()
	return autoscale.Decision{Replicas: e.n, Active: e.active, Steps: e.steps, State: e.state}
}

// A kedaRead is what KEDA makes of readings.
type kedaRead struct {
	metrics  []autoscale.Sample // as the HPA gets them
	failures map[string]int
	failed   []autoscale.Step // of the triggers that fail
	active   bool
	activeBy string
	erring   bool // a trigger could not be read
}

// read counts failures and has fallbacks take the place of what fails for long.
func (k KEDA) read(samples []autoscale.Sample, before map[string]int, current int) kedaRead {
	r := kedaRead{failures: make(map[string]int)}
	f := k.Policy.Fallback
	var instead *autoscale.Sample // of a formula
	absent := make(map[string]bool)
	for _, s := range samples {
		if s.Err == nil {
			if s.Reading.Limit > 0 { // the scalers that have one cut their value by it
				s.Reading.Value = min(s.Reading.Value, float64(s.Reading.Limit)*s.Metric.Target.Value)
			}
			s.Reading.Limit, s.Reading.Even = 0, false
			r.metrics = append(r.metrics, s)
			if k.Policy.Combine == nil && s.Reading.IsActive(s.Metric) {
				r.activate(s.Trigger)
			}
			continue
		}
		r.erring = true
		failures := before[s.Trigger] + 1
		r.failures[s.Trigger] = failures
		step := autoscale.Step{Rule: autoscale.RuleFailed, Trigger: s.Trigger, Failures: failures, Error: s.Err.Error()}
		switch {
		case f == nil || failures <= f.Failures:
		case f.Behavior == autoscale.ScalingModifiers && k.Policy.Combine != nil:
			step.Rule = autoscale.RuleAbsent
			absent[s.Trigger] = true
		default:
			step.Rule, step.Replicas = autoscale.RuleFallback, fallbackReplicas(f, current)
			s = calling(s.Trigger, step.Replicas)
			instead = &s
			r.activate(s.Trigger)
		}
		r.failed = append(r.failed, step)
		r.metrics = append(r.metrics, s)
	}
	if c := k.Policy.Combine; c != nil && len(samples) > 0 {
		r.combine(c, f, instead, absent)
	}
	return r
}

func (r *kedaRead) activate(trigger string) {
	if !r.active {
		r.active, r.activeBy = true, trigger
	}
}

// combine makes one metric of all.
func (r *kedaRead) combine(c *autoscale.Combine, f *autoscale.Fallback, instead *autoscale.Sample, absent map[string]bool) {
	one := autoscale.Sample{Metric: scalerkit.Metric{Target: c.Target, Activation: c.Activation}}
	values := make(map[string]float64, len(r.metrics))
	for _, s := range r.metrics {
		switch {
		case s.Err == nil:
			values[s.Trigger] = s.Reading.Value
		case !absent[s.Trigger]:
			one.Err = s.Err
		}
	}
	switch {
	case instead != nil:
		one = *instead
	case one.Err == nil:
		if one.Reading.Value, one.Err = c.Func(values); one.Err != nil && len(absent) > 0 {
			one = calling("", f.Replicas)
		}
	}
	one.Trigger = autoscale.Formula
	r.metrics = []autoscale.Sample{one}
	if one.Err == nil && one.Reading.IsActive(one.Metric) && (!r.erring || len(absent) > 0) {
		r.activate(autoscale.Formula)
	}
}

// fallbackReplicas is what a fallback calls for.
func fallbackReplicas(f *autoscale.Fallback, current int) int {
	switch f.Behavior {
	case autoscale.CurrentReplicas:
		return current
	case autoscale.CurrentReplicasIfHigher:
		return max(f.Replicas, current)
	case autoscale.CurrentReplicasIfLower:
		return min(f.Replicas, current)
	}
	return f.Replicas
}

// calling is a reading that calls for so many replicas.
func calling(trigger string, replicas int) autoscale.Sample {
	return autoscale.Sample{
		Trigger: trigger,
		Metric:  scalerkit.Metric{Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1}},
		Reading: scalerkit.Reading{Value: float64(replicas)},
	}
}

// A kedaPoll is one decision of the scale loop on its way. Source: RequestScale in
// pkg/scaling/executor/scale_scaledobjects.go in github.com/kedacore/keda.
type kedaPoll struct {
	kedaRead
	policy  autoscale.Policy
	now     time.Time
	current int
	n       int
	steps   []autoscale.Step
	state   autoscale.State
}

func (e *kedaPoll) step(s autoscale.Step) {
	s.From = e.n
	e.n = s.To
	e.steps = append(e.steps, s)
}

func (e *kedaPoll) scale() {
	p, cur := &e.policy, e.current
	if p.Pause.ForceActive && !e.active {
		e.active = true
	}
	none := p.Fallback == nil || p.Fallback.Replicas != 0
	switch {
	case p.Pause.Replicas != nil:
		e.step(autoscale.Step{Rule: autoscale.RulePaused, Replicas: *p.Pause.Replicas, To: *p.Pause.Replicas})
	case p.Pause.All:
		e.step(autoscale.Step{Rule: autoscale.RulePaused, Replicas: cur, To: cur})
	case e.active && (cur == 0 || p.Idle != nil && cur < p.Min):
		if p.Pause.Out {
			e.step(autoscale.Step{Rule: autoscale.RulePausedScaleOut, To: cur})
			return
		}
		n := max(p.Min, 1)
		e.state.LastActive = e.now
		e.step(autoscale.Step{Rule: autoscale.RuleActivated, Trigger: e.activeBy, Replicas: n, To: n})
	case e.active:
		if !e.erring {
			e.state.LastActive = e.now
		}
		e.step(autoscale.Step{Rule: autoscale.RuleDelegated, Replicas: cur, To: cur})
	case e.erring && none:
		e.step(autoscale.Step{Rule: autoscale.RuleHold, Replicas: cur, To: cur})
	case p.Idle != nil && cur > *p.Idle:
		e.deactivate(*p.Idle)
	case cur > 0 && p.Min == 0:
		e.deactivate(0)
	case p.Idle == nil && cur < p.Min:
		e.step(autoscale.Step{Rule: autoscale.RuleTooFewReplicas, Replicas: p.Min, To: p.Min})
	case cur == 0 || p.Idle != nil:
		e.step(autoscale.Step{Rule: autoscale.RuleInactive, To: cur})
	default:
		e.step(autoscale.Step{Rule: autoscale.RuleDelegated, Replicas: cur, To: cur})
	}
}

// deactivate goes to zero or Idle once the cooldown is over.
func (e *kedaPoll) deactivate(rest int) {
	s := autoscale.Step{Rule: autoscale.RuleCooldown, Window: e.policy.Cooldown, Elapsed: e.now.Sub(e.state.LastActive), To: e.n}
	if e.state.LastActive.IsZero() {
		s.Window, s.Elapsed = e.policy.InitialCooldown, e.now.Sub(e.state.Since)
	}
	if s.Elapsed > s.Window {
		s.Rule, s.To = autoscale.RuleDeactivated, rest
	}
	e.step(s)
	if e.policy.Pause.In && e.n < e.current {
		e.step(autoscale.Step{Rule: autoscale.RulePausedScaleIn, To: e.current})
	}
}
