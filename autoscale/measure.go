package autoscale

import "github.com/scalerkit/scalerkit"

// A measurement turns samples into what the triggers call for.
type measurement struct {
	*decider
	failures map[string]int
	lastGood map[string]GoodReading

	// For Combine.
	values   map[string]float64
	ignored  int
	replaced bool // a fallback takes the place of the formula
}

// sample lets one trigger have its say.
func (m *measurement) sample(s *Sample) {
	combined := m.policy.Combine != nil
	if err := s.problem(combined); err != nil {
		if good, ok := m.failed(s.Trigger, err); ok {
			m.reading(s.Trigger, good, s.Metric.Target)
		}
		return
	}
	good := GoodReading{Value: s.Reading.Value, Active: s.Reading.Active, Time: s.Reading.Time}
	m.keep(s.Trigger, good)
	m.reading(s.Trigger, good, s.Metric.Target)
}

// reading lets a trigger with a known reading have its say.
func (m *measurement) reading(trigger string, r GoodReading, target scalerkit.Target) {
	if m.policy.Combine == nil {
		m.metric(trigger, r.Value, target, r.Active)
		return
	}
	if m.values == nil {
		m.values = make(map[string]float64)
	}
	m.values[trigger] = r.Value
	m.step(Step{Rule: RuleInput, Trigger: trigger, Value: r.Value, To: m.n})
}

// combine lets the formula have its say.
func (m *measurement) combine() {
	if m.replaced {
		return
	}
	if len(m.values) == 0 && m.ignored > 0 {
		// With every trigger ignored the formula knows nothing, even if it
		// makes a number of it.
		m.failing++
		m.unsure = true
	}
	c := m.policy.Combine
	value, err := c.combine(m.values)
	if err == nil {
		m.keep(Formula, GoodReading{Value: value, Active: value > c.Activation, Time: m.now})
		m.metric(Formula, value, c.Target, value > c.Activation)
	} else if good, ok := m.failed(Formula, err); ok {
		m.metric(Formula, good.Value, c.Target, good.Active)
	}
}

// metric does the HPA's arithmetic with a reading.
func (m *measurement) metric(trigger string, value float64, target scalerkit.Target, active bool) {
	against := scale{current: m.current, ready: m.ready, up: m.up.tolerance, down: m.down.tolerance}
	n, within := against.proposal(value, target)
	s := Step{Rule: RuleMetric, Value: value, Target: target, Inactive: !active, Against: m.ready}
	if within {
		s.Rule = RuleTolerance
	}
	m.call(trigger, n, active, s)
}

// call lets a trigger call for n replicas.
func (m *measurement) call(trigger string, n int, active bool, s Step) {
	s.Trigger, s.Replicas, s.To = trigger, n, n
	if m.known > 0 {
		s.To = max(m.n, n)
	}
	m.known++
	m.step(s)
	if active && !m.active {
		m.active, m.activeBy = true, trigger
	}
}

// keep remembers a reading for a trigger that goes on with it when it fails.
func (m *measurement) keep(trigger string, r GoodReading) {
	if m.policy.onError(trigger).Action != LastKnownGood {
		return
	}
	if r.Time.IsZero() {
		r.Time = m.now
	}
	r.Time = notAfter(plain(r.Time), m.now)
	if m.lastGood == nil {
		m.lastGood = make(map[string]GoodReading)
	}
	m.lastGood[trigger] = r
}

// failed decides what becomes of a trigger that fails. The reading, if there
// is one, takes the place of the one that failed.
func (m *measurement) failed(trigger string, err error) (GoodReading, bool) {
	failures := m.state.failuresOf(trigger)
	if m.failures == nil {
		m.failures = make(map[string]int)
	}
	m.failures[trigger] = failures
	s := Step{Trigger: trigger, Failures: failures, Error: err.Error(), To: m.n}

	onError := m.policy.onError(trigger)
	acts := failures > onError.Failures
	switch onError.Action {
	case LastKnownGood:
		good, ok := m.state.LastGood[trigger]
		age := m.now.Sub(good.Time)
		if !ok || age > onError.MaxAge || checkValue(good.Value) != nil {
			break
		}
		m.keep(trigger, good)
		if acts {
			s.Rule, s.Value, s.Elapsed, s.Window = RuleLastKnownGood, good.Value, max(age, 0), onError.MaxAge
			m.step(s)
			return good, true
		}
	case Ignore:
		if acts {
			m.ignored++
			s.Rule = RuleIgnored
			m.step(s)
			return GoodReading{}, false
		}
	case FailUp:
		if acts {
			m.failUp(onError, s)
			return GoodReading{}, false
		}
	}

	if f := m.policy.Fallback; f != nil && failures > f.Failures {
		m.fallback(f, s)
		return GoodReading{}, false
	}
	s.Rule = RuleFailed
	m.step(s)
	m.failing++
	m.unsure = true
	return GoodReading{}, false
}

// failUp calls for more. It says nothing about less.
func (m *measurement) failUp(o OnError, s Step) {
	n := m.policy.Max
	if o.Replicas > 0 {
		n = min(o.Replicas, maxReplicas)
	}
	m.failing++
	s.Rule = RuleFailUp
	m.call(s.Trigger, n, true, s)
}

// fallback calls for the replicas of the fallback.
func (m *measurement) fallback(f *Fallback, s Step) {
	s.Rule = RuleFallback
	if f.Behavior == ScalingModifiers && m.policy.Combine != nil && s.Trigger != Formula {
		m.step(s)
		return
	}
	m.replaced = true
	n := f.replicas(m.current)
	// A fallback to zero is no reason to wake a workload, nor one to stop it:
	// nobody knows whether there is work.
	m.call(s.Trigger, n, n > 0, s)
	if n == 0 {
		m.unsure = true
	}
}
