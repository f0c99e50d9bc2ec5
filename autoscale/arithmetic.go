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

// A basis is what a reading is held against.
type basis struct {
	current  int     // replicas
	ready    int     // replicas that are ready
	up, down float64 // tolerances
}

// within says that a ratio is too near to 1 for a change.
func (b *basis) within(ratio float64) bool {
	return 1-b.down <= ratio && ratio <= 1+b.up
}

// proposal returns the number of replicas that a value calls for, not bounded,
// and the rule that says so. The arguments have been checked.
func (b *basis) proposal(value float64, target scalerkit.Target) (int, Rule) {
	usage, level := float64(milli(value)), float64(milli(target.Value))
	if target.Kind != scalerkit.Total {
		if b.within(usage / (level * float64(b.current))) {
			return b.current, RuleTolerance
		}
		return replicas(math.Ceil(usage / level)), RuleMetric
	}

	ratio := usage / level
	if b.current == 0 {
		return replicas(math.Ceil(ratio)), RuleMetric // as for one replica
	}
	if b.within(ratio) {
		return b.current, RuleTolerance
	}
	n := replicas(math.Ceil(ratio * float64(b.ready)))
	// While replicas start or stop, fewer or more are ready than there should
	// be. The HPA would then scale down on a reading above its target, or up
	// on one below it; it refuses to for metrics of pods only. From zero to
	// many at once none is ready for long, so here it is refused for all.
	if (ratio > 1) != (n > b.current) && n != b.current {
		return b.current, RuleDirection
	}
	return n, RuleMetric
}
