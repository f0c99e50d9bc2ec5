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
		if good, ok := d.failed(s.Trigger, err); ok {
			d.reading(s.Trigger, good, s.Metric.Target)
		}
		return
	}
	good := GoodReading{Value: s.Reading.Value, Active: s.Reading.IsActive(s.Metric), Time: s.Reading.Time}
	d.keep(s.Trigger, good)
	d.reading(s.Trigger, good, s.Metric.Target)
}

// reading lets a trigger with a known reading have its say.
func (d *decider) reading(trigger string, r GoodReading, target scalerkit.Target) {
	if d.policy.Combine == nil {
		d.metric(trigger, r.Value, target, r.Active)
		return
	}
	d.values[trigger] = r.Value
	d.step(Step{Rule: RuleInput, Trigger: trigger, Value: r.Value, To: d.n})
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
	if err == nil {
		d.keep(Formula, GoodReading{Value: value, Active: value > c.Activation, Time: d.now})
		d.metric(Formula, value, c.Target, value > c.Activation)
	} else if good, ok := d.failed(Formula, err); ok {
		d.metric(Formula, good.Value, c.Target, good.Active)
	}
}

// metric does the HPA's arithmetic with a reading.
func (d *decider) metric(trigger string, value float64, target scalerkit.Target, active bool) {
	b := basis{current: d.current, ready: d.ready, up: d.up.tolerance, down: d.down.tolerance}
	n, rule := b.proposal(value, target)
	d.call(trigger, n, active, Step{Rule: rule, Value: value, Target: target, Inactive: !active, Ready: d.ready})
}

// call lets a trigger call for n replicas.
func (d *decider) call(trigger string, n int, active bool, s Step) {
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
func (d *decider) failed(trigger string, err error) (GoodReading, bool) {
	failures := d.state.failuresOf(trigger)
	if d.failures == nil {
		d.failures = make(map[string]int)
	}
	d.failures[trigger] = failures
	s := Step{Trigger: trigger, Failures: failures, Error: err.Error(), Ready: d.ready, To: d.n}

	onError := d.policy.onError(trigger)
	acts := failures > onError.Failures
	switch onError.Action {
	case LastKnownGood:
		good, ok := d.state.LastGood[trigger]
		age := d.now.Sub(good.Time)
		if !ok || age > onError.MaxAge || checkValue(good.Value) != nil {
			break
		}
		d.keep(trigger, good)
		if acts {
			s.Rule, s.Value, s.Elapsed, s.Window = RuleLastKnownGood, good.Value, max(age, 0), onError.MaxAge
			d.step(s)
			return good, true
		}
	case Ignore:
		if acts {
			d.ignored++
			s.Rule = RuleIgnored
			d.step(s)
			return GoodReading{}, false
		}
	case FailUp:
		if acts {
			d.failUp(onError, s)
			return GoodReading{}, false
		}
	}

	if f := d.policy.Fallback; f != nil && failures > f.Failures {
		d.fallback(f, s)
		return GoodReading{}, false
	}
	s.Rule = RuleFailed
	d.step(s)
	d.failing++
	d.unsure = true
	return GoodReading{}, false
}

// failUp calls for more. It says nothing about less.
func (d *decider) failUp(o OnError, s Step) {
	n := d.policy.Max
	if o.Replicas > 0 {
		n = min(o.Replicas, maxReplicas)
	}
	d.failing++
	s.Rule = RuleFailUp
	d.call(s.Trigger, n, true, s)
}

// fallback calls for the replicas of the fallback.
func (d *decider) fallback(f *Fallback, s Step) {
	if f.Behavior == ScalingModifiers && d.policy.Combine != nil && s.Trigger != Formula {
		d.unsure = true
		s.Rule = RuleAbsent
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
	s.Rule = RuleFallback
	d.call(s.Trigger, n, n > 0, s)
}
