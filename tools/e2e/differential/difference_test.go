package differential_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// perReplica is a metric that calls for so many replicas.
func perReplica(replicas float64) []metric {
	return []metric{{Kind: scalerkit.PerReplica, Target: 10, Value: 10 * replicas}}
}

// total is a metric that is so many times its target.
func total(ratio float64) []metric {
	return []metric{{Kind: scalerkit.Total, Target: 10, Value: 10 * ratio}}
}

// failing is a metric that cannot be read.
func failing() []metric { return []metric{{Kind: scalerkit.PerReplica, Target: 10, Fails: true}} }

// These are all the ways in which autoscale is known to differ from the HPA,
// as its documentation says under "What is the HPA's".
func TestDifferences(t *testing.T) {
	const later = 15 * time.Second
	byDefault, atOnce := rules{Window: -1}, rules{}
	by := func(window int, limits ...autoscale.Limit) *rules { return &rules{Window: window, Limits: limits} }
	pods := func(n int, period time.Duration) autoscale.Limit {
		return autoscale.Limit{Kind: autoscale.Pods, Value: n, Period: period}
	}

	tests := []struct {
		name      string
		sequence  sequence
		hpa, ours []int
	}{
		{
			name: "without a behavior, the HPA goes to twice the replicas at each sync",
			sequence: sequence{NoBehavior: true, Up: byDefault, Down: byDefault, Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(100)},
				{Max: 100, After: 5 * time.Second, Metrics: perReplica(100)},
			}},
			hpa:  []int{20, 40},
			ours: []int{20, 20},
		},
		{
			name: "without a behavior, the HPA goes to at least 4",
			sequence: sequence{NoBehavior: true, Up: byDefault, Down: byDefault, Looks: []look{
				{Max: 100, Replicas: 1, Metrics: perReplica(100)},
			}},
			hpa:  []int{4},
			ours: []int{5},
		},
		{
			name: "without a behavior, the HPA goes up to a recommendation that is over",
			sequence: sequence{NoBehavior: true, Up: byDefault, Down: byDefault, Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(100)},
				{Max: 100, After: later, Metrics: perReplica(15)},
			}},
			hpa:  []int{20, 40},
			ours: []int{20, 20},
		},
		{
			name: "a target per replica is one for those that exist",
			sequence: sequence{Tolerance: 0.1, Up: atOnce, Down: atOnce, Looks: []look{
				{Max: 100, Replicas: 10, Existing: 9, Metrics: perReplica(9.5)},
			}},
			hpa:  []int{9},
			ours: []int{10},
		},
		{
			name: "while replicas start, more load means fewer of them",
			sequence: sequence{Up: atOnce, Down: atOnce, Looks: []look{
				{Max: 100, Replicas: 10, Unready: 6, Metrics: total(1.5)},
			}},
			hpa:  []int{6},
			ours: []int{10},
		},
		{
			name: "while replicas stop, less load means more of them",
			sequence: sequence{Up: atOnce, Down: atOnce, Looks: []look{
				{Max: 100, Replicas: 10, Unready: -5, Metrics: total(0.8)},
			}},
			hpa:  []int{12},
			ours: []int{10},
		},
		{
			name: "a surge of replicas that start makes more of them",
			sequence: sequence{Up: atOnce, Down: atOnce, Looks: []look{
				{Max: 100, Replicas: 4, Unready: -2, Metrics: total(1.5)},
			}},
			hpa:  []int{8},
			ours: []int{6},
		},
		{
			name: "what was held for a metric that fails counts for the window",
			sequence: sequence{Up: atOnce, Down: *by(60), Looks: []look{
				{Max: 100, Replicas: 24, Metrics: perReplica(24)},
				{Max: 100, After: 30 * time.Second, Metrics: failing()},
				{Max: 100, After: time.Minute, Metrics: failing()},
				{Max: 100, After: later, Metrics: perReplica(1)},
				{Max: 100, After: time.Minute, Metrics: perReplica(1)},
			}},
			hpa:  []int{24, 24, 24, 1, 1},
			ours: []int{24, 24, 24, 24, 1},
		},
		{
			name: "a window that is made longer has what the shorter one did not need",
			sequence: sequence{Up: atOnce, Down: *by(30), Looks: []look{
				{Max: 100, Replicas: 20, Metrics: perReplica(20)},
				{Max: 100, After: time.Minute, Metrics: perReplica(20)},
				{Max: 100, After: time.Minute, Metrics: perReplica(5)},
				{Max: 100, After: later, Replicas: 20, Down: by(300), Metrics: perReplica(5)},
			}},
			hpa:  []int{20, 20, 5, 20},
			ours: []int{20, 20, 5, 5},
		},
		{
			name: "a period that is made longer has what the shorter one did not need",
			sequence: sequence{Up: *by(0, pods(4, later)), Down: atOnce, Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(50)},
				{Max: 100, After: time.Minute, Metrics: perReplica(14)},
				{Max: 100, After: later, Up: by(0, pods(4, 5*time.Minute)), Metrics: perReplica(50)},
			}},
			hpa:  []int{14, 14, 14},
			ours: []int{14, 14, 18},
		},
		{
			name: "a pause does not keep the HPA from going to its bounds",
			sequence: sequence{PauseIn: true, PauseOut: true, Looks: []look{
				{Max: 8, Replicas: 10, Metrics: perReplica(10)},
				{Max: 20, Min: 12, After: later, Metrics: perReplica(10)},
			}},
			hpa:  []int{8, 12},
			ours: []int{10, 10},
		},
		{
			name: "a limit of more than 32 bits lets nothing pass",
			sequence: sequence{Up: *by(0, pods(math.MaxInt32, later)), Down: atOnce, Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(50)},
			}},
			hpa:  []int{10},
			ours: []int{50},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.sequence.valid(t)
			require.Equal(t, tt.hpa, tt.sequence.hpa(t), "the HPA")
			ours, _ := tt.sequence.decide()
			require.Equal(t, tt.ours, ours, "autoscale")
		})
	}
}
