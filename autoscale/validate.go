package autoscale

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// The longest times that the HPA accepts.
const (
	maxWindow = time.Hour
	maxPeriod = 30 * time.Minute
)

// Validate returns everything that is wrong with p, one problem on a line.
func (p Policy) Validate() error {
	var v problems
	v.count("Min", p.Min, 0)
	v.count("Max", p.Max, 1)
	if p.Min > p.Max {
		v.addf("Min: %d is greater than Max: %d", p.Min, p.Max)
	}
	if p.Idle != nil {
		v.count("Idle", *p.Idle, 0)
		if *p.Idle > 0 && *p.Idle >= p.Min {
			v.addf("Idle: %d is not less than Min: %d", *p.Idle, p.Min)
		}
	}
	v.notNegative("Cooldown", p.Cooldown)
	v.notNegative("InitialCooldown", p.InitialCooldown)
	v.tolerance("Tolerance", p.Tolerance)
	v.behavior("Up", p.Up)
	v.behavior("Down", p.Down)
	v.fallback(p.Fallback, p.Combine)
	for _, trigger := range slices.Sorted(maps.Keys(p.OnError)) {
		v.onError(fmt.Sprintf("OnError[%q]", trigger), p.OnError[trigger])
	}
	v.combine(p.Combine)
	if p.Pause.Replicas != nil {
		v.count("Pause.Replicas", *p.Pause.Replicas, 0)
	}
	return errors.Join(v...)
}

// problems collects what is wrong. Each names the field and its value.
type problems []error

func (v *problems) addf(format string, args ...any) {
	*v = append(*v, fmt.Errorf(format, args...))
}

func (v *problems) count(field string, n, least int) {
	if n < least {
		v.addf("%s: %d is less than %d", field, n, least)
	}
	if n > maxReplicas {
		v.addf("%s: %d is greater than %d", field, n, maxReplicas)
	}
}

func (v *problems) notNegative(field string, d time.Duration) {
	if d < 0 {
		v.addf("%s: %v is negative", field, d)
	}
}

func (v *problems) tolerance(field string, t float64) {
	if !(t >= 0) || math.IsInf(t, 0) {
		v.addf("%s: %v is not a finite number of at least 0", field, t)
	}
}

func (v *problems) behavior(field string, b Behavior) {
	if b.Window != nil && (*b.Window < 0 || *b.Window > maxWindow) {
		v.addf("%s.Window: %v is not between 0s and %v", field, *b.Window, maxWindow)
	}
	switch b.Select {
	case "", Max, Min, Disabled:
	default:
		v.addf("%s.Select: %q is not one of %s, %s, %s", field, b.Select, Max, Min, Disabled)
	}
	for i, l := range b.Limits {
		limit := fmt.Sprintf("%s.Limits[%d]", field, i)
		if l.Kind != Pods && l.Kind != Percent {
			v.addf("%s.Kind: %q is not one of %s, %s", limit, l.Kind, Pods, Percent)
		}
		v.count(limit+".Value", l.Value, 1)
		if l.Period <= 0 || l.Period > maxPeriod {
			v.addf("%s.Period: %v is not greater than 0s and at most %v", limit, l.Period, maxPeriod)
		}
	}
	if b.Tolerance != nil {
		v.tolerance(field+".Tolerance", *b.Tolerance)
	}
}

func (v *problems) fallback(f *Fallback, c *Combine) {
	if f == nil {
		return
	}
	if f.Failures < 0 {
		v.addf("Fallback.Failures: %d is less than 0", f.Failures)
	}
	v.count("Fallback.Replicas", f.Replicas, 0)
	switch f.Behavior {
	case "", Static, CurrentReplicas, CurrentReplicasIfHigher, CurrentReplicasIfLower:
	case ScalingModifiers:
		if c == nil {
			v.addf("Fallback.Behavior: %q needs Combine", f.Behavior)
		}
	default:
		v.addf("Fallback.Behavior: %q is not one of %s, %s, %s, %s, %s", f.Behavior,
			Static, CurrentReplicas, CurrentReplicasIfHigher, CurrentReplicasIfLower, ScalingModifiers)
	}
}

func (v *problems) onError(field string, o OnError) {
	if o.Failures < 0 {
		v.addf("%s.Failures: %d is less than 0", field, o.Failures)
	}
	switch o.Action {
	case "", Hold, Ignore:
	case LastKnownGood:
		if o.MaxAge <= 0 {
			v.addf("%s.MaxAge: %v is not greater than 0s", field, o.MaxAge)
		}
	case FailUp:
		v.count(field+".Replicas", o.Replicas, 0)
	default:
		v.addf("%s.Action: %q is not one of %s, %s, %s, %s", field, o.Action, Hold, Ignore, LastKnownGood, FailUp)
	}
}

func (v *problems) combine(c *Combine) {
	if c == nil {
		return
	}
	if c.Func == nil {
		v.addf("Combine.Func: is not set")
	}
	if err := checkTarget(c.Target); err != nil {
		v.addf("Combine.Target: %w", err)
	}
	if math.IsNaN(c.Activation) || math.IsInf(c.Activation, 0) {
		v.addf("Combine.Activation: %v is not finite", c.Activation)
	}
}
