package differential_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
)

// withoutBehavior is a sequence whose HPA has none.
func (s sequence) withoutBehavior() sequence {
	s.NoBehavior, s.Tolerance = true, defaultTolerance
	s.Up, s.Down = rules{Window: -1}, rules{Window: -1}
	s.PauseIn, s.PauseOut = false, false
	return s
}

// These are the cases that were found to matter.
func TestSimulatedWithoutBehavior(t *testing.T) {
	const later = 15 * time.Second
	for _, tt := range []struct {
		name  string
		looks []look
		want  []int
	}{
		{
			"to twice the replicas at each look",
			[]look{
				{Max: 100, Replicas: 10, Metrics: perReplica(100)},
				{Max: 100, After: time.Second, Metrics: perReplica(100)},
				{Max: 100, After: time.Second, Metrics: perReplica(100)},
			},
			[]int{20, 40, 80},
		},
		{
			"to at least 4",
			[]look{{Max: 100, Replicas: 1, Metrics: perReplica(100)}, {Max: 100, After: later, Metrics: perReplica(100)}},
			[]int{4, 8},
		},
		{
			"up to a recommendation that is over",
			[]look{{Max: 100, Replicas: 10, Metrics: perReplica(100)}, {Max: 100, After: later, Metrics: perReplica(15)}},
			[]int{20, 40},
		},
		{
			"a recommendation as old as the window still counts",
			[]look{
				{Max: 100, Replicas: 20, Metrics: perReplica(20)},
				{Max: 100, After: 5 * time.Minute, Metrics: perReplica(5)},
				{Max: 100, After: time.Nanosecond, Metrics: perReplica(6)},
			},
			[]int{20, 20, 6},
		},
		{
			"outside of the bounds nothing else counts",
			[]look{{Max: 8, Replicas: 10, Metrics: failing()}, {Max: 20, Min: 12, After: later, Metrics: perReplica(50)}},
			[]int{8, 12},
		},
		{
			"a metric that fails keeps the others from going down",
			[]look{
				{Max: 100, Replicas: 10, Metrics: failing()},
				{Max: 100, After: later, Metrics: append(failing(), perReplica(5)...)},
				{Max: 100, After: later, Metrics: append(failing(), perReplica(12)...)},
			},
			[]int{10, 10, 12},
		},
		{
			"by those that are ready, whichever way that goes",
			[]look{
				{Max: 100, Replicas: 10, Unready: 9, Metrics: total(1.5)},
				{Max: 100, After: 6 * time.Minute, Unready: 6, Metrics: total(1.5)},
				{Max: 100, After: 6 * time.Minute, Unready: -5, Metrics: total(0.8)},
			},
			[]int{10, 6, 9},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sequence{Looks: tt.looks}.withoutBehavior()
			s.compareSimulated(t)
			counts, _ := s.simulated()
			require.Equal(t, tt.want, counts)
		})
	}
}

func TestGeneratedSequencesWithoutBehavior(t *testing.T) {
	const generated = 1000
	rules := map[autoscale.Rule]int{}
	for n := range generated {
		for _, d := range worldOf(n).sequence().withoutBehavior().compareSimulated(t) {
			rules[d.Steps[len(d.Steps)-1].Rule]++
		}
	}
	t.Logf("seed %d: looks by the last rule: %v", *seed, rules)
	for _, rule := range []autoscale.Rule{
		autoscale.RuleMetric, autoscale.RuleTolerance, autoscale.RuleHold, autoscale.RuleScaleDownStabilized,
		autoscale.RuleScaleUpLimit, autoscale.RuleTooManyReplicas, autoscale.RuleTooFewReplicas,
	} {
		require.GreaterOrEqual(t, rules[rule], 50, rule)
	}
}
