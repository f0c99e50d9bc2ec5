package autoscale

import "github.com/scalerkit/scalerkit"

// measure lets every trigger say how many replicas it calls for.
func (d *decider) measure(samples []Sample) {
	if d.policy.Combine != nil {
		d.values = make(map[string]float64, len(samples))
	}
	for i := range samples {
		d.sample(&samples[i])
	}
	if d.policy.Combine != nil && len(samples) > 0 {
		d.combine()
	}
	d.state.Failures, d.state.LastGood = d.failures, d.lastGood
}

// sample lets one trigger have its say.
func (d *decider) sample(s *Sample) {
	combined := d.policy.Combine != nil
	if err := s.problem(combined); err != nil {
		o := d.outcome(s.Trigger)
		if good, ok := d.failed(s.Trigger, s.Metric.Target, err, o); ok {
			d.reading(s, good, o)
		}
		return
	}
	r := &s.Reading
	good := GoodReading{
		Value: r.Value, Active: r.IsActive(s.Metric), Target: r.Target, Limit: r.Limit, Even: r.Even, Note: r.Note, Time: r.Time,
	}
	d.keep(s.Trigger, good)
	d.reading(s, good, d.outcome(s.Trigger))
}

// outcome begins what one trigger comes to.
func (d *decider) outcome(trigger string) *TriggerOutcome {
	d.triggers = append(d.triggers, TriggerOutcome{Trigger: trigger, Ready: d.ready})
	return &d.triggers[len(d.triggers)-1]
}

// reading lets a trigger with a known reading have its say.
func (d *decider) reading(s *Sample, r GoodReading, o *TriggerOutcome) {
	target := targetOf(s.Metric.Target, r.Target)
	if d.policy.Combine == nil {
		d.metric(s.Trigger, r, target, o)
		return
	}
	d.values[s.Trigger] = r.share().capped(r.Value, target.Value)
	step := Step{Rule: RuleInput, Trigger: s.Trigger, Value: r.Value, Note: r.Note, To: d.n}
	if r.Limit > 0 {
		step.Target, step.SourceLimit = target, r.Limit
	}
	d.step(step)
	o.know(RuleInput, r, target, d.now)
}

// combine lets the formula have its say.
func (d *decider) combine() {
	if d.replaced {
		return
	}
	if len(d.values) == 0 && d.ignored > 0 {
		// With every trigger ignored the formula knows nothing, even if it
		// makes a number of it.
		d.failing++
		d.unsure = true
	}
	c := d.policy.Combine
	value, err := c.combine(d.values)
	o := d.outcome(Formula)
	if err != nil {
		if good, ok := d.failed(Formula, c.Target, err, o); ok {
			d.metric(Formula, good, c.Target, o)
		}
		return
	}
	good := GoodReading{Value: value, Active: value > c.Activation, Time: d.now}
	d.keep(Formula, good)
	d.metric(Formula, good, c.Target, o)
}

// metric does the HPA's arithmetic with a reading.
func (d *decider) metric(trigger string, r GoodReading, target scalerkit.Target, o *TriggerOutcome) {
	b := basis{current: d.current, ready: d.ready, surge: d.ready, up: d.up.tolerance, down: d.down.tolerance}
	if !d.policy.Delegate {
		b.surge = min(d.ready, max(d.current, 1))
	}
	p := b.proposal(r.Value, target, r.share())
	s := Step{Rule: p.rule, Value: r.Value, Target: target, Inactive: !r.Active, Ready: p.ready, Note: r.Note}
	if r.Limit > 0 {
		s.SourceLimit, s.Wanted = r.Limit, p.wanted
	}
	o.know(p.rule, r, target, d.now)
	d.call(trigger, p.replicas, r.Active, s, o)
}

// call lets a trigger call for n replicas.
func (d *decider) call(trigger string, n int, active bool, s Step, o *TriggerOutcome) {
	o.Active, o.Replicas = active, n
	s.Trigger, s.Replicas, s.To = trigger, n, n
	if d.known > 0 {
		s.To = max(d.n, n)
	}
	d.known++
	d.step(s)
	if active && !d.active {
		d.active, d.activeBy = true, trigger
	}
}

// keep remembers a reading for a trigger that goes on with it when it fails.
func (d *decider) keep(trigger string, r GoodReading) {
	if d.policy.onError(trigger).Action != LastKnownGood {
		return
	}
	if r.Time.IsZero() {
		r.Time = d.now
	}
	r.Time = notAfter(plain(r.Time), d.now)
	if d.lastGood == nil {
		d.lastGood = make(map[string]GoodReading)
	}
	d.lastGood[trigger] = r
}

// failed decides what becomes of a trigger that fails. The reading, if there
// is one, takes the place of the one that failed.
func (d *decider) failed(trigger string, target scalerkit.Target, err error, o *TriggerOutcome) (GoodReading, bool) {
	failures := d.state.failuresOf(trigger)
	if d.failures == nil {
		d.failures = make(map[string]int)
	}
	d.failures[trigger] = failures
	s := Step{Trigger: trigger, Failures: failures, Error: err.Error(), Ready: d.ready, To: d.n}
	o.Err, o.Failures = s.Error, failures

	onError := d.policy.onError(trigger)
	acts := failures > onError.Failures
	switch onError.Action {
	case LastKnownGood:
		good, ok := d.state.LastGood[trigger]
		age := d.now.Sub(good.Time)
		input := d.policy.Combine != nil && trigger != Formula
		if !ok || age > onError.MaxAge || checkReading(good.Value, targetOf(target, good.Target), good.Limit, input) != nil {
			break
		}
		d.keep(trigger, good)
		if acts {
			s.Rule, s.Value, s.Elapsed, s.Window = RuleLastKnownGood, good.Value, max(age, 0), onError.MaxAge
			d.step(s)
			o.Rule = s.Rule
			return good, true
		}
	case Ignore:
		if acts {
			d.ignored++
			s.Rule, o.Rule = RuleIgnored, RuleIgnored
			d.step(s)
			return GoodReading{}, false
		}
	case FailUp:
		if acts {
			d.failUp(onError, s, o)
			return GoodReading{}, false
		}
	}

	if f := d.policy.Fallback; f != nil && failures > f.Failures {
		d.fallback(f, s, o)
		return GoodReading{}, false
	}
	s.Rule, o.Rule = RuleFailed, RuleFailed
	d.step(s)
	d.failing++
	d.unsure = true
	return GoodReading{}, false
}

// failUp calls for more. It says nothing about less.
func (d *decider) failUp(onError OnError, s Step, o *TriggerOutcome) {
	n := d.policy.Max
	if onError.Replicas > 0 {
		n = min(onError.Replicas, maxReplicas)
	}
	d.failing++
	s.Rule, o.Rule = RuleFailUp, RuleFailUp
	d.call(s.Trigger, n, true, s, o)
}

// fallback calls for the replicas of the fallback.
func (d *decider) fallback(f *Fallback, s Step, o *TriggerOutcome) {
	if f.Behavior == ScalingModifiers && d.policy.Combine != nil && s.Trigger != Formula {
		d.unsure = true
		s.Rule, o.Rule = RuleAbsent, RuleAbsent
		d.step(s)
		return
	}
	d.replaced = true
	n := f.replicas(d.current)
	if n == 0 {
		// No reason to wake a workload, nor one to stop it: nobody knows
		// whether there is work.
		d.unsure = true
	}
	s.Rule, o.Rule = RuleFallback, RuleFallback
	d.call(s.Trigger, n, n > 0, s, o)
}
