package control

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// A plan is a Loop that was found valid.
type plan struct {
	loop    Loop // without Triggers
	scalers []scalerkit.Scaler
	samples []autoscale.Sample // of each Scaler; only Trigger and Metric are set
	keys    []any              // of each Scaler: its BatchKey, nil if it is no Batcher
}

// check says what is wrong with what the loop scales, and how. The names are
// those of its triggers.
func (l *Loop) check(names []string) error {
	if l.Jobs != nil {
		return l.Jobs.check(names)
	}
	err := checkDecider(l.Policy, names)
	if l.Workload == nil {
		err = errors.Join(err, errors.New("Workload is not set"))
	}
	return err
}

// plan checks the loop and asks its Scalers what they are. The plan is of use
// for [Runner.claimed] even if there is an error.
func (l Loop) plan() (*plan, error) {
	p := &plan{
		scalers: make([]scalerkit.Scaler, len(l.Triggers)),
		samples: make([]autoscale.Sample, len(l.Triggers)),
		keys:    make([]any, len(l.Triggers)),
	}
	var v problems
	v.duration("Interval", &l.Interval, DefaultInterval)
	v.duration("MaxBackoff", &l.MaxBackoff, DefaultMaxBackoff)
	v.duration("MaxRetryAfter", &l.MaxRetryAfter, DefaultMaxRetryAfter)
	if len(l.Triggers) == 0 {
		v.addf("Triggers is empty: there is nothing to scale by")
	}
	for i, t := range l.Triggers {
		p.add(i, t, &v)
	}
	names := make([]string, len(p.samples))
	for i, s := range p.samples {
		names[i] = s.Trigger
	}
	if err := l.check(names); err != nil {
		v = append(problems{err}, v...)
	}
	l.Triggers = nil
	p.loop = l
	return p, errors.Join(v...)
}

// checkDecider says what is wrong with a Decider or a JobDecider.
func checkDecider(decider any, triggers []string) error {
	if decider == nil {
		return errors.New("Policy is not set")
	}
	if c, ok := decider.(autoscale.Checker); ok {
		return c.Check(triggers)
	}
	return nil
}

// problems collects what is wrong with a Loop.
type problems []error

func (v *problems) addf(format string, args ...any) {
	*v = append(*v, fmt.Errorf(format, args...))
}

// duration checks a duration that has a default.
func (v *problems) duration(field string, d *time.Duration, standard time.Duration) {
	if *d < 0 {
		v.addf("%s %v is negative", field, *d)
	}
	*d = cmp.Or(*d, standard)
}

// add adds the trigger with index i.
func (p *plan) add(i int, t Trigger, v *problems) {
	s := &p.samples[i]
	s.Trigger = t.Name
	if t.Scaler == nil {
		v.addf("trigger %d: Scaler is not set", i)
		return
	}
	s.Metric = t.Scaler.Metric()
	s.Trigger = cmp.Or(t.Name, s.Metric.Name)
	for j, before := range p.scalers[:i] {
		if before != nil && p.samples[j].Trigger == s.Trigger {
			v.addf("trigger %d: another is named %q, too", i, s.Trigger)
			break
		}
		if isOne(t.Scaler) && same(before, t.Scaler) {
			v.addf("trigger %q: its Scaler is that of trigger %q, too", s.Trigger, p.samples[j].Trigger)
			break
		}
	}
	p.scalers[i] = t.Scaler
	if b, ok := t.Scaler.(scalerkit.Batcher); ok {
		if p.keys[i] = b.BatchKey(); !reflect.ValueOf(p.keys[i]).Comparable() {
			v.addf("trigger %q: its BatchKey, a %T, is not comparable", s.Trigger, p.keys[i])
		}
	}
}
