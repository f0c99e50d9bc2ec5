package autoscale

import (
	"math"
	"strconv"
	"time"
)

// A Behavior slows changes in one direction, with the meaning of the HPA's
// behavior.scaleUp and behavior.scaleDown. Fields that are not set have the
// HPA's defaults:
//
//	          Window  Select  Limits
//	Up        0       Max     100 % in 15 s, 4 pods in 15 s
//	Down      5 m     Max     100 % in 15 s
type Behavior struct {
	// Window is how far back recommendations are looked at: scaling up goes no
	// higher than the lowest of them, scaling down no lower than the highest.
	// 0 to 1 h.
	Window *time.Duration

	// Select says which of Limits counts. Empty means [Max].
	Select Select

	// Limits bound the change within a period. Empty means the default.
	Limits []Limit

	// Tolerance, if set, replaces the policy's Tolerance in this direction.
	Tolerance *float64
}

// A Select chooses between the limits of a [Behavior].
type Select string

const (
	Max      Select = "Max"      // the limit that allows the largest change
	Min      Select = "Min"      // the limit that allows the smallest change
	Disabled Select = "Disabled" // no change in this direction, but into Policy.Min and Policy.Max
)

// A Limit bounds the change of replicas within a period.
type Limit struct {
	Kind   LimitKind
	Value  int           // replicas, or percent of those at the start of the period: greater than zero
	Period time.Duration // greater than zero, to 30 m
}

// A LimitKind is the unit of a [Limit].
type LimitKind string

const (
	Pods    LimitKind = "Pods"
	Percent LimitKind = "Percent"
)

// value is Value moved into its range.
func (l Limit) value() int { return min(max(l.Value, 0), maxReplicas) }

// String returns the limit in words, for example "4 pods in 15s".
func (l Limit) String() string {
	unit := " pods in "
	switch {
	case l.Kind == Percent:
		unit = "% in "
	case l.Value == 1:
		unit = " pod in "
	}
	return strconv.Itoa(l.Value) + unit + l.Period.String()
}

// The HPA's defaults. They are never written to.
var (
	defaultUpLimits = []Limit{
		{Kind: Pods, Value: 4, Period: 15 * time.Second},
		{Kind: Percent, Value: 100, Period: 15 * time.Second},
	}
	defaultDownLimits = []Limit{
		{Kind: Percent, Value: 100, Period: 15 * time.Second},
	}
)

const defaultDownWindow = 300 * time.Second

// withDefaults returns b with every field set.
func (b Behavior) withDefaults(window time.Duration, limits []Limit, tolerance float64) behavior {
	r := behavior{window: window, choose: b.Select, limits: b.Limits, tolerance: tolerance}
	if b.Window != nil {
		r.window = max(*b.Window, 0)
	}
	if len(b.Limits) == 0 {
		r.limits = limits
	}
	if b.Tolerance != nil {
		r.tolerance = *b.Tolerance
	}
	if !(r.tolerance > 0) { // NaN too
		r.tolerance = 0
	}
	return r
}

func (p *Policy) up() behavior {
	return p.Up.withDefaults(0, defaultUpLimits, p.Tolerance)
}

func (p *Policy) down() behavior {
	return p.Down.withDefaults(defaultDownWindow, defaultDownLimits, p.Tolerance)
}

// A behavior is a Behavior with every field set.
type behavior struct {
	window    time.Duration
	choose    Select
	limits    []Limit
	tolerance float64
}

// longest is the longest period of the limits.
func (b *behavior) longest() time.Duration {
	var longest time.Duration
	for _, l := range b.limits {
		longest = max(longest, l.Period)
	}
	return longest
}

// upLimit returns the number of replicas that may be gone up to, and the limit
// that says so.
func (b *behavior) upLimit(current int, s *State, now time.Time) (int, Limit) {
	if b.choose == Disabled {
		return current, Limit{}
	}
	var best int
	var by Limit
	for i, l := range b.limits {
		start := s.startOf(l.Period, current, now)
		allowed := start + l.value()
		if l.Kind == Percent {
			// Rounded up, so that a small workload can grow at all.
			allowed = replicas(math.Ceil(float64(start) * (1 + float64(l.value())/100)))
		}
		if i == 0 || b.choose == Min && allowed < best || b.choose != Min && allowed > best {
			best, by = allowed, l
		}
	}
	return max(best, current), by
}

// next returns how long it is until the limits allow more than current, because
// changes that they count become older than their periods: 0 if that is not to be.
func (b *behavior) next(current int, s *State, now time.Time) time.Duration {
	for at := now; ; {
		var soonest time.Duration
		for _, l := range b.limits {
			if left := s.untilForgotten(l.Period, at); left > 0 && (soonest == 0 || left < soonest) {
				soonest = left
			}
		}
		if soonest == 0 {
			return 0
		}
		at = at.Add(soonest)
		if allowed, _ := b.upLimit(current, s, at); allowed > current {
			return at.Sub(now)
		}
	}
}

// downLimit returns the number of replicas that may be gone down to, and the
// limit that says so.
func (b *behavior) downLimit(current int, s *State, now time.Time) (int, Limit) {
	if b.choose == Disabled {
		return current, Limit{}
	}
	var best int
	var by Limit
	for i, l := range b.limits {
		start := s.startOf(l.Period, current, now)
		allowed := start - l.value()
		if l.Kind == Percent {
			allowed = replicas(float64(start) * (1 - float64(l.value())/100))
		}
		if i == 0 || b.choose == Min && allowed > best || b.choose != Min && allowed < best {
			best, by = allowed, l
		}
	}
	return min(best, current), by
}
