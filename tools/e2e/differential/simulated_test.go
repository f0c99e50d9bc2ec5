package differential_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// simulated returns what a simulated HPA comes to at each look, and the replicas then.
func (s sequence) simulated() (counts []int, decisions []autoscale.Decision) {
	return s.decideBy(func(p autoscale.Policy, in autoscale.Input) autoscale.Decision {
		return simulate.HPA{Policy: p, NoBehavior: s.NoBehavior}.Decide(in)
	})
}

// compareSimulated compares the counts at each look and returns the decisions that gave
// the same. They end with the first difference that is left in a simulated HPA with a
// behavior.
func (s sequence) compareSimulated(t *testing.T) (same []autoscale.Decision) {
	t.Helper()
	s.valid(t)
	counts, decisions := s.simulated()
	for i, n := range s.hpa(t) {
		d, l := decisions[i], s.Looks[i]
		switch {
		case n == counts[i]:
		case !s.NoBehavior && (heldBefore(decisions[:i+1]) || pausedOutsideOf(l, d, n)):
			return decisions[:i]
		default:
			s.Looks = s.Looks[:i+1]
			t.Fatalf("look %d: the HPA comes to %d and not to %d\n%v\n%v", i, n, counts[i], s, d)
		}
	}
	return decisions
}

// As a simulated HPA with a behavior goes by those that are ready, whichever way that
// leads, so does the HPA.
func TestSimulatedWithBehavior(t *testing.T) {
	const later = 15 * time.Second
	for _, tt := range []struct {
		name  string
		down  rules
		looks []look
		want  []int
	}{
		{
			"none is ready",
			rules{Window: 0},
			[]look{{Max: 100, Replicas: 10, Unready: 10, Metrics: total(2)}, {Max: 100, After: later, Metrics: total(2)}},
			[]int{1, 2},
		},
		{
			"fewer are ready than the reading calls for",
			rules{Window: 0},
			[]look{{Max: 100, Replicas: 10, Unready: 9, Metrics: total(1.5)}, {Max: 100, After: later, Metrics: append(perReplica(3), total(5)...)}},
			[]int{2, 6},
		},
		{
			"more are ready than there should be",
			rules{Window: 0},
			[]look{{Max: 100, Replicas: 10, Unready: -5, Metrics: total(0.8)}, {Max: 100, After: later, Unready: -6, Metrics: total(2)}},
			[]int{12, 24},
		},
		{
			"a window keeps what there was",
			rules{Window: 60},
			[]look{{Max: 100, Replicas: 10, Unready: 10, Metrics: total(2)}, {Max: 100, After: time.Minute, Unready: 10, Metrics: total(2)}},
			[]int{10, 1},
		},
		{
			"outside of the bounds nothing else counts",
			rules{Window: 0},
			[]look{{Max: 8, Replicas: 10, Unready: 3, Metrics: total(2)}, {Max: 20, Min: 12, After: later, Unready: 3, Metrics: total(2)}},
			[]int{8, 12},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sequence{Tolerance: defaultTolerance, Up: rules{Window: -1}, Down: tt.down, Looks: tt.looks}
			s.compareSimulated(t)
			counts, _ := s.simulated()
			require.Equal(t, tt.want, counts)
		})
	}
}

func TestGeneratedSequencesWithBehavior(t *testing.T) {
	const generated = 1000
	multiplied := 0
	for n := range generated {
		s := worldOf(n).sequence()
		for i, d := range s.compareSimulated(t) {
			in := s.Looks[i]
			if in.Unready != 0 && len(d.Triggers) > 0 && d.Triggers[0].Target.Kind == scalerkit.Total {
				multiplied++
			}
		}
	}
	t.Logf("seed %d: looks at other replicas than there should be, by a total: %d", *seed, multiplied)
	require.GreaterOrEqual(t, multiplied, 50)
}
