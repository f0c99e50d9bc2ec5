package simulate

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/scalerkit/scalerkit/autoscale"
)

// Run plays d against a scenario: a Policy, a [KEDA] or another Decider. A Policy
// with Delegate has an [HPA] beside it, and so has KEDA.
//
// An error says everything that is wrong with the scenario or the policy, one
// problem on a line, or that a Load or a Decision is impossible.
func Run(d autoscale.Decider, s Scenario) (Result, error) {
	switch p := d.(type) {
	case *autoscale.Policy:
		d = *p
	case *KEDA:
		d = *p
	}
	r := replicas{decider: d, by: ByPolicy}
	policy, known := autoscale.Policy{Max: math.MaxInt32}, true
	switch d := d.(type) {
	case autoscale.Policy:
		policy = d
		if d.Delegate {
			r.hpa, r.metrics = &HPA{Policy: d}, r.published
		}
	case KEDA:
		policy = d.Policy
		h := d.hpa()
		r.by, r.hpa, r.metrics = ByKEDA, &h, func() []autoscale.Sample { return r.asked(d) }
	default:
		known = false
	}
	if err := check(d, s); err != nil {
		return Result{}, err
	}
	r.world = newWorld(s, policy, known)
	if r.by == ByKEDA {
		r.patient = nil
	}
	rounds := r.Length/r.Interval + 1
	if r.hpa != nil {
		rounds += r.Length/r.Sync + 1
	}
	r.meter.Rounds = make([]Round, 0, rounds)
	return r.run(&r)
}

// check returns everything that is wrong.
func check(d any, s Scenario) error {
	s = s.defaults()
	names := make([]string, len(s.Sources))
	for i, src := range s.Sources {
		names[i] = src.Name
	}
	err := s.Validate()
	if c, ok := d.(autoscale.Checker); ok {
		err = errors.Join(err, c.Check(names))
	}
	return err
}

// Replicas are scaled in a world.
type replicas struct {
	*world
	by      string
	decider autoscale.Decider
	state   autoscale.State
	last    autoscale.Decision // of the decider

	hpa      *HPA // nil: there is none
	hpaState autoscale.State
	metrics  func() []autoscale.Sample // as the HPA gets them
}

// act decides what is due.
func (r *replicas) act() error {
	if r.polls.due(r.at()) {
		in := r.input(r.samples(), r.state)
		r.last = r.decider.Decide(in)
		r.state = r.last.State
		r.polls.again(r.at(), r.last.Next)
		if err := r.scale(r.by, in, r.last); err != nil {
			return err
		}
	}
	pause := &r.policy.Pause
	if r.hpa == nil || !r.looks.due(r.at()) || pause.All || pause.Replicas != nil {
		return nil
	}
	if r.hpaState.Since.IsZero() {
		r.hpaState = firstLook(r.now(), r.crew.told)
	}
	if r.crew.told == 0 {
		return nil
	}
	in := r.input(r.metrics(), r.hpaState)
	d := r.hpa.Decide(in)
	r.hpaState = d.State
	return r.scale(ByHPA, in, d)
}

func (r *replicas) input(samples []autoscale.Sample, state autoscale.State) autoscale.Input {
	ready := r.crew.ready
	return autoscale.Input{Now: r.now(), Current: r.crew.told, Ready: &ready, Samples: samples, State: state}
}

// scale carries a decision out.
func (r *replicas) scale(by string, in autoscale.Input, d autoscale.Decision) error {
	if d.Replicas < 0 || d.Replicas > most {
		return fmt.Errorf("the decision at %v: %d replicas are not within 0 and %d, which a simulation can have", r.at(), d.Replicas, most)
	}
	r.meter.Rounds = append(r.meter.Rounds, Round{At: r.at(), By: by, Input: in, Decision: d})
	if d.Replicas != r.crew.told {
		r.crew.tell(d.Replicas, r.tick)
	}
	return nil
}

// published are the metrics that the last poll has left for the HPA.
func (r *replicas) published() []autoscale.Sample {
	var samples []autoscale.Sample
	combined := r.policy.Combine != nil
	for _, o := range r.last.Triggers {
		s := autoscale.Sample{Trigger: o.Trigger}
		s.Metric.Target = o.Target
		switch {
		case o.Rule == autoscale.RuleFallback:
			s = calling(o.Trigger, o.Replicas)
			if combined { // of any trigger, it takes the formula's place
				return []autoscale.Sample{s}
			}
		case combined && o.Trigger != autoscale.Formula:
			continue
		case o.Rule == autoscale.RuleFailUp:
			s = calling(o.Trigger, max(o.Replicas, r.crew.told))
		case o.Known && combined && holds(r.last.Triggers) && o.Replicas < r.crew.told:
			s = calling(o.Trigger, r.crew.told)
		case o.Known:
			s.Reading.Value, s.Reading.Limit, s.Reading.Even = o.Value, o.Limit, o.Even
		default:
			s.Err = errors.New(o.Err)
		}
		samples = append(samples, s)
	}
	return samples
}

// holds says that a trigger of a formula fails and may call for any number.
func holds(triggers []autoscale.TriggerOutcome) bool {
	return slices.ContainsFunc(triggers, func(o autoscale.TriggerOutcome) bool {
		return o.Trigger != autoscale.Formula && (o.Rule == autoscale.RuleFailed || o.Rule == autoscale.RuleFailUp)
	})
}

// asked are the metrics that KEDA reads because the HPA asks for them. A failure
// counts as that of a poll does.
func (r *replicas) asked(k KEDA) []autoscale.Sample {
	read := k.read(r.samples(), r.state.Failures, r.crew.told)
	r.state.Failures = read.failures
	return read.metrics
}
