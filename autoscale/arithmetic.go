package autoscale

import (
	"fmt"
	"math"

	"github.com/scalerkit/scalerkit"
)

// maxReplicas is the largest number of replicas that Kubernetes can count.
const maxReplicas = math.MaxInt32

// milli returns v in thousandths, which is the precision of the metrics API
// and of the HPA, saturating at the largest integer.
func milli(v float64) int64 {
	m := math.Round(v * 1000)
	if m >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(m)
}

// replicas returns f as a number of replicas: cut to an integer, and held
// within 32 bits.
func replicas(f float64) int {
	return int(min(max(f, math.MinInt32), maxReplicas))
}

// checkValue says what is wrong with a value that a source reported.
func checkValue(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return fmt.Errorf("value %v is not a finite number of at least 0", v)
	}
	return nil
}

// checkTarget says what is wrong with a target. Below a thousandth it would be
// zero in the metrics API.
func checkTarget(t scalerkit.Target) error {
	switch t.Kind {
	case "", scalerkit.PerReplica, scalerkit.Total:
	default:
		return fmt.Errorf("target kind %q is not %s or %s", t.Kind, scalerkit.PerReplica, scalerkit.Total)
	}
	if !(t.Value > 0) || math.IsInf(t.Value, 0) || milli(t.Value) == 0 {
		return fmt.Errorf("target %v is not a finite number of at least 0.001", t.Value)
	}
	return nil
}

// checkReading says what is wrong with a reading that is held against t. With
// Combine a target matters only where it caps the reading.
func checkReading(value float64, t scalerkit.Target, limit int, combined bool) error {
	if err := checkValue(value); err != nil {
		return err
	}
	if limit < 0 {
		return fmt.Errorf("limit %d is less than 0", limit)
	}
	if combined && limit == 0 {
		return nil
	}
	return checkTarget(t)
}

// targetOf returns the target, or what the source states in its place.
func targetOf(t scalerkit.Target, stated float64) scalerkit.Target {
	if stated != 0 {
		t.Value = stated
	}
	return t
}

// A share is how the replicas share the work of a source.
type share struct {
	limit int  // more replicas find no work; 0 is no limit
	even  bool // the replicas divide limit
}

// of returns how many of n replicas find work, rounded up to a divisor of the
// limit if each is to have as much as the others.
func (s share) of(n int) int {
	switch {
	case s.limit == 0:
		return n
	case n >= s.limit:
		return s.limit
	case s.even && n > 0:
		return divisor(min(s.limit, maxReplicas), n)
	}
	return n
}

// divisor returns the least divisor of whole that is at least n, for n up to
// whole.
func divisor(whole, n int) int {
	least := whole
	for i := 1; i*i <= whole; i++ {
		if whole%i != 0 {
			continue
		}
		for _, d := range []int{i, whole / i} {
			if d >= n {
				least = min(least, d)
			}
		}
	}
	return least
}

// capped returns the part of a value that calls for no more replicas than find
// work.
func (s share) capped(value, target float64) float64 {
	if s.limit > 0 {
		return min(value, float64(s.limit)*target)
	}
	return value
}

// A basis is what a reading is held against.
type basis struct {
	current  int     // replicas
	ready    int     // replicas that are ready
	surge    int     // those that count for a reading above a total target
	up, down float64 // tolerances
}

// within says that a ratio is too near to 1 for a change.
func (b *basis) within(ratio float64) bool {
	return 1-b.down <= ratio && ratio <= 1+b.up
}

// A proposal is what a value calls for, not bounded.
type proposal struct {
	rule     Rule
	wanted   int // replicas, wherever they find work
	replicas int // replicas that find work
	ready    int // the replicas by which a Total target was multiplied
}

// proposal returns what a value calls for. The arguments have been checked.
func (b *basis) proposal(value float64, target scalerkit.Target, s share) proposal {
	wanted, ratio := b.wanted(value, target)
	p := proposal{rule: RuleMetric, wanted: wanted, ready: b.ready}
	if target.Kind == scalerkit.Total && b.current > 0 {
		// While replicas start or stop, fewer or more are ready than there should
		// be. The HPA would then scale down on a reading above its target, or up
		// on one below it; it refuses to for metrics of pods only. From zero to
		// many at once none is ready for long, so here it is refused for all.
		p.wanted = min(wanted, b.current)
		if ratio > 1 {
			p.wanted, p.ready = max(wanted, b.current), b.surge
		}
		if p.wanted != wanted {
			p.rule = RuleDirection
		}
	}
	// The number at which the work is shared out is exact: with the tolerance,
	// replicas that are missing there would be missing for ever.
	exact := s.limit > 0 && (s.even || p.wanted >= s.limit)
	if !exact && b.within(ratio) {
		p.rule, p.wanted = RuleTolerance, b.current
	}
	p.replicas = s.of(p.wanted)
	return p
}

// wanted returns the replicas that a value calls for by itself, and its ratio
// to what there should be with the current ones. From zero there is none, and a
// total target is one for one replica.
func (b *basis) wanted(value float64, target scalerkit.Target) (n int, ratio float64) {
	usage, level := float64(milli(value)), float64(milli(target.Value))
	n, ratio = replicas(math.Ceil(usage/level)), usage/level
	switch {
	case b.current == 0:
		return n, math.Inf(1)
	case target.Kind != scalerkit.Total:
		return n, usage / (level * float64(b.current))
	case ratio > 1:
		return replicas(math.Ceil(ratio * float64(b.surge))), ratio
	}
	return replicas(math.Ceil(ratio * float64(b.ready))), ratio
}
