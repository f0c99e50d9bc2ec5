package autoscale

import "github.com/scalerkit/scalerkit"

// propose lets every trigger say how many replicas it calls for.
func (e *evaluation) propose(samples []Sample) {
	if e.policy.Combine != nil {
		e.values = make(map[string]float64, len(samples))
	}
	for i := range samples {
		e.sample(&samples[i])
	}
	if e.policy.Combine != nil && len(samples) > 0 {
		e.combine()
	}
	e.state.Failures, e.state.LastGood = e.failures, e.lastGood
}

// sample lets one trigger have its say.
func (e *evaluation) sample(s *Sample) {
	combined := e.policy.Combine != nil
	if err := s.problem(combined); err != nil {
		o := e.outcome(s.Trigger)
		if good, ok := e.failed(s.Trigger, s.Metric.Target, err, o); ok {
			e.reading(s, good, o)
		}
		return
	}
	r := &s.Reading
	good := GoodReading{
		Value: r.Value, Active: r.IsActive(s.Metric), Target: r.Target, Limit: r.Limit, Even: r.Even, Note: r.Note, Time: r.Time,
	}
	e.keep(s.Trigger, good)
	e.reading(s, good, e.outcome(s.Trigger))
}

// outcome begins what one trigger comes to.
func (e *evaluation) outcome(trigger string) *TriggerOutcome {
	e.triggers = append(e.triggers, TriggerOutcome{Trigger: trigger, Ready: e.ready})
	return &e.triggers[len(e.triggers)-1]
}

// reading lets a trigger with a known reading have its say.
func (e *evaluation) reading(s *Sample, r GoodReading, o *TriggerOutcome) {
	target := targetOf(s.Metric.Target, r.Target)
	if e.policy.Combine == nil {
		e.metric(s.Trigger, r, target, o)
		return
	}
	e.values[s.Trigger] = r.share().capped(r.Value, target.Value)
	step := Step{Rule: RuleInput, Trigger: s.Trigger, Value: r.Value, Note: r.Note, To: e.n}
	if r.Limit > 0 {
		step.Target, step.SourceLimit = target, r.Limit
	}
	e.step(step)
	o.know(RuleInput, r, target, e.now)
}

// combine lets the formula have its say.
func (e *evaluation) combine() {
	if e.replaced {
		return
	}
	if len(e.values) == 0 && e.ignored > 0 {
		// With every trigger ignored the formula knows nothing, even if it
		// makes a number of it.
		e.failing++
		e.unsure = true
	}
	c := e.policy.Combine
	value, err := c.combine(e.values)
	o := e.outcome(Formula)
	if err != nil {
		if good, ok := e.failed(Formula, c.Target, err, o); ok {
			e.metric(Formula, good, c.Target, o)
		}
		return
	}
	good := GoodReading{Value: value, Active: value > c.Activation, Time: e.now}
	e.keep(Formula, good)
	e.metric(Formula, good, c.Target, o)
}

// metric does the HPA's arithmetic with a reading.
func (e *evaluation) metric(trigger string, r GoodReading, target scalerkit.Target, o *TriggerOutcome) {
	b := basis{current: e.current, ready: e.ready, surge: e.ready, up: e.up.tolerance, down: e.down.tolerance}
	if !e.policy.Delegate {
		b.surge = min(e.ready, max(e.current, 1))
	}
	p := b.proposal(r.Value, target, r.share())
	s := Step{Rule: p.rule, Value: r.Value, Target: target, Inactive: !r.Active, Ready: p.ready, Note: r.Note}
	if r.Limit > 0 {
		s.SourceLimit, s.Wanted = r.Limit, p.wanted
	}
	o.know(p.rule, r, target, e.now)
	e.call(trigger, p.replicas, r.Active, s, o)
}

// call lets a trigger call for n replicas.
func (e *evaluation) call(trigger string, n int, active bool, s Step, o *TriggerOutcome) {
	o.Active, o.Replicas = active, n
	s.Trigger, s.Replicas, s.To = trigger, n, n
	if e.known > 0 {
		s.To = max(e.n, n)
	}
	e.known++
	e.step(s)
	if active && !e.active {
		e.active, e.activeBy = true, trigger
	}
}

// keep remembers a reading for a trigger that goes on with it when it fails.
func (e *evaluation) keep(trigger string, r GoodReading) {
	if e.policy.onError(trigger).Action != LastKnownGood {
		return
	}
	if r.Time.IsZero() {
		r.Time = e.now
	}
	r.Time = notAfter(plain(r.Time), e.now)
	if e.lastGood == nil {
		e.lastGood = make(map[string]GoodReading)
	}
	e.lastGood[trigger] = r
}

// failed decides what becomes of a trigger that fails. The reading, if there
// is one, takes the place of the one that failed.
func (e *evaluation) failed(trigger string, target scalerkit.Target, err error, o *TriggerOutcome) (GoodReading, bool) {
	failures := e.state.failuresOf(trigger)
	if e.failures == nil {
		e.failures = make(map[string]int)
	}
	e.failures[trigger] = failures
	s := Step{Trigger: trigger, Failures: failures, Error: err.Error(), Ready: e.ready, To: e.n}
	o.Err, o.Failures = s.Error, failures

	onError := e.policy.onError(trigger)
	acts := failures > onError.Failures
	switch onError.Action {
	case LastKnownGood:
		good, ok := e.state.LastGood[trigger]
		age := e.now.Sub(good.Time)
		input := e.policy.Combine != nil && trigger != Formula
		if !ok || age > onError.MaxAge || checkReading(good.Value, targetOf(target, good.Target), good.Limit, input) != nil {
			break
		}
		e.keep(trigger, good)
		if acts {
			s.Rule, s.Value, s.Elapsed, s.Window = RuleLastKnownGood, good.Value, max(age, 0), onError.MaxAge
			e.step(s)
			o.Rule = s.Rule
			return good, true
		}
	case Ignore:
		if acts {
			e.ignored++
			s.Rule, o.Rule = RuleIgnored, RuleIgnored
			e.step(s)
			return GoodReading{}, false
		}
	case FailUp:
		if acts {
			e.failUp(onError, s, o)
			return GoodReading{}, false
		}
	}

	if f := e.policy.Fallback; f != nil && failures > f.Failures {
		e.fallback(f, s, o)
		return GoodReading{}, false
	}
	s.Rule, o.Rule = RuleFailed, RuleFailed
	e.step(s)
	e.failing++
	e.unsure = true
	return GoodReading{}, false
}

// failUp calls for more. It says nothing about less.
func (e *evaluation) failUp(onError OnError, s Step, o *TriggerOutcome) {
	n := e.policy.Max
	if onError.Replicas > 0 {
		n = min(onError.Replicas, maxReplicas)
	}
	e.failing++
	s.Rule, o.Rule = RuleFailUp, RuleFailUp
	e.call(s.Trigger, n, true, s, o)
}

// fallback calls for the replicas of the fallback.
func (e *evaluation) fallback(f *Fallback, s Step, o *TriggerOutcome) {
	if f.Behavior == ScalingModifiers && e.policy.Combine != nil && s.Trigger != Formula {
		e.unsure = true
		s.Rule, o.Rule = RuleAbsent, RuleAbsent
		e.step(s)
		return
	}
	e.replaced = true
	n := f.replicas(e.current)
	if n == 0 {
		// No reason to wake a workload, nor one to stop it: nobody knows
		// whether there is work.
		e.unsure = true
	}
	s.Rule, o.Rule = RuleFallback, RuleFallback
	e.call(s.Trigger, n, n > 0, s, o)
}
