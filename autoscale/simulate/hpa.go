package simulate

import (
	"math"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// An HPA decides as the HPA controller of Kubernetes does when it looks at an HPA
// with the bounds, behavior and tolerance of Policy. It is an [autoscale.Decider].
//
// With a behavior it decides as Policy does, but that it multiplies the replicas that
// are ready by a reading with a Total target, wherever that leads. Of the differences
// that package autoscale lists, those are left that are about failing triggers,
// pausing, and what nobody else has. Its other rules are for what an HPA that KEDA
// makes of a ScaledObject without one goes by.
//
// Its Input is for a workload that has replicas. While it has none, an HPA does
// nothing.
type HPA struct {
	Policy autoscale.Policy

	// NoBehavior is an HPA without a behavior. It goes by older rules: at each look
	// to at most twice the replicas or 4, and to the highest recommendation of the
	// last 5 minutes.
	NoBehavior bool
}

// The rules of an HPA without a behavior.
const (
	stabilization   = 5 * time.Minute // --horizontal-pod-autoscaler-downscale-stabilization
	leastLimit      = 4               // replicas that it may go up to in any case
	doublingPercent = 100
)

// Decide implements [autoscale.Decider].
func (h HPA) Decide(in autoscale.Input) autoscale.Decision {
	p := autoscale.Policy{
		Min: max(h.Policy.Min, 1), Max: max(h.Policy.Max, 1), Tolerance: h.Policy.Tolerance, Up: h.Policy.Up, Down: h.Policy.Down,
		Pause: autoscale.Pause{In: h.Policy.Pause.In, Out: h.Policy.Pause.Out},
	}
	if !h.NoBehavior {
		in.Samples = slices.Clone(in.Samples)
		for i := range in.Samples {
			in.Samples[i].Reading.Activity = scalerkit.Active // whether it is, is none of the HPA's business
		}
		return h.withBehavior(p, in)
	}

	p.Up, p.Down = autoscale.Behavior{}, autoscale.Behavior{}
	e := looking{policy: p, now: in.Now, current: in.Current, n: in.Current, state: in.State}
	if e.state.Since.IsZero() {
		e.state = firstLook(in.Now, in.Current)
	}
	e.look(in)
	return autoscale.Decision{Replicas: e.n, Active: in.Current > 0, Steps: e.steps, Triggers: e.triggers, State: e.state}
}

// withBehavior decides as a Policy does. Where other replicas are ready than there should
// be, it is told the numbers that an HPA comes to, in place of the readings.
func (h HPA) withBehavior(p autoscale.Policy, in autoscale.Input) autoscale.Decision {
	if !multiplies(in) {
		return p.Decide(in)
	}
	e := looking{policy: p, current: in.Current, n: in.Current}
	e.propose(in)
	p.Tolerance, p.Up.Tolerance, p.Down.Tolerance = 0, nil, nil // the numbers go by it
	for i, o := range e.triggers {
		if o.Known {
			in.Samples[i] = calling(o.Trigger, o.Replicas)
			in.Samples[i].Reading.Activity = scalerkit.Active
		}
	}
	d := p.Decide(in)
	d.Triggers = e.triggers
	if p.Min <= in.Current && in.Current <= p.Max { // else the metrics do not count
		copy(d.Steps, e.steps)
	}
	return d
}

// multiplies says that a reading is multiplied by other replicas than there should be.
func multiplies(in autoscale.Input) bool {
	return in.Ready != nil && *in.Ready != in.Current && slices.ContainsFunc(in.Samples, func(s autoscale.Sample) bool {
		return s.Err == nil && s.Metric.Target.Kind == scalerkit.Total
	})
}

// firstLook is the State of an HPA that is looked at for the first time. What there is
// then counts as its first recommendation, also where there is nothing: it does not
// hold those replicas that somebody else begins with.
func firstLook(now time.Time, replicas int) autoscale.State {
	return autoscale.State{Since: now, Recommendations: []autoscale.Recommendation{{Replicas: replicas, Time: now}}}
}

// A looking is one decision of an HPA without a behavior, on its way. Source:
// reconcileAutoscaler and what it calls in pkg/controller/podautoscaler/horizontal.go.
type looking struct {
	policy   autoscale.Policy
	now      time.Time
	current  int
	n        int
	steps    []autoscale.Step
	triggers []autoscale.TriggerOutcome
	state    autoscale.State
}

func (e *looking) step(s autoscale.Step) {
	s.From = e.n
	e.n = s.To
	e.steps = append(e.steps, s)
}

func (e *looking) look(in autoscale.Input) {
	switch {
	case e.current > e.policy.Max:
		e.step(autoscale.Step{Rule: autoscale.RuleTooManyReplicas, Replicas: e.policy.Max, To: e.policy.Max})
	case e.current < e.policy.Min:
		e.step(autoscale.Step{Rule: autoscale.RuleTooFewReplicas, Replicas: e.policy.Min, To: e.policy.Min})
	case e.propose(in):
		e.stabilize()
		e.bound()
	default:
		e.step(autoscale.Step{Rule: autoscale.RuleHold, Replicas: e.current, To: e.current})
	}
}

// propose takes the steps of the metrics. It says whether they are to be followed:
// none may be gone down for while one of them fails.
func (e *looking) propose(in autoscale.Input) bool {
	// Of a policy that delegates, the counts are those of the HPA.
	policy := autoscale.Policy{Min: 1, Max: math.MaxInt32, Tolerance: e.policy.Tolerance, Delegate: true}
	policy.Up.Tolerance, policy.Down.Tolerance = e.policy.Up.Tolerance, e.policy.Down.Tolerance
	in.State = autoscale.State{}
	d := policy.Decide(in)
	e.triggers = d.Triggers
	known := 0
	for i := range e.triggers {
		o, s := &e.triggers[i], d.Steps[i]
		if o.Rule == autoscale.RuleDirection {
			o.Rule, o.Replicas = autoscale.RuleMetric, multiplied(s)
			s.Rule, s.Replicas = o.Rule, o.Replicas
		}
		s.To = e.n
		if o.Known {
			if s.To = o.Replicas; known > 0 {
				s.To = max(e.n, o.Replicas)
			}
			known++
		}
		e.step(s)
	}
	return known == len(e.triggers) || known > 0 && e.n >= e.current
}

// multiplied is what the HPA makes of a reading with a Total target while other
// replicas are ready than there should be.
func multiplied(s autoscale.Step) int {
	ratio := math.Round(s.Value*1000) / math.Round(s.Target.Value*1000)
	return int(min(math.Ceil(ratio*float64(s.Ready)), math.MaxInt32))
}

// stabilize goes to the highest recommendation that is not over.
func (e *looking) stabilize() {
	kept := []autoscale.Recommendation{{Replicas: e.n, Time: e.now}}
	highest, cutoff := e.n, e.now.Add(-stabilization)
	for _, r := range e.state.Recommendations {
		if r.Replicas > highest && !r.Time.Before(cutoff) { // others will never be the highest
			highest = r.Replicas
			kept = append(kept, r)
		}
	}
	e.state.Recommendations = kept
	if highest > e.n {
		e.step(autoscale.Step{Rule: autoscale.RuleScaleDownStabilized, Window: stabilization, Replicas: highest, To: highest})
	}
}

// bound keeps to the bounds, and to how far one look may go up.
func (e *looking) bound() {
	limit := autoscale.Limit{Kind: autoscale.Percent, Value: doublingPercent, Period: DefaultSync}
	most := 2 * e.current
	if most < leastLimit {
		most = leastLimit
		limit = autoscale.Limit{Kind: autoscale.Pods, Value: leastLimit - e.current, Period: DefaultSync}
	}
	switch p := &e.policy; {
	case e.n < p.Min:
		e.step(autoscale.Step{Rule: autoscale.RuleTooFewReplicas, Replicas: p.Min, To: p.Min})
	case p.Max > most && e.n > most:
		e.step(autoscale.Step{Rule: autoscale.RuleScaleUpLimit, Limit: limit, Replicas: most, To: most})
	case p.Max <= most && e.n > p.Max:
		e.step(autoscale.Step{Rule: autoscale.RuleTooManyReplicas, Replicas: p.Max, To: p.Max})
	}
}
