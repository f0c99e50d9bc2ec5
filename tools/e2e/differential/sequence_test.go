package differential_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	defaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	"k8s.io/kubernetes/pkg/apis/autoscaling/validation"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/hpa"
)

// A sequence is what happens to one workload.
type sequence struct {
	Tolerance  float64
	Up, Down   rules
	PauseIn    bool
	PauseOut   bool
	NoBehavior bool // the HPA has none; Up and Down are for autoscale
	Looks      []look
}

func (s sequence) String() string { return literal(s) }

// rules are a Behavior.
type rules struct {
	Window    int // in seconds; the default if it is negative
	Select    autoscale.Select
	Limits    []autoscale.Limit
	Tolerance string // a quantity, or empty
}

// A look is the time of one decision.
type look struct {
	After    time.Duration // since the one before
	Min, Max int
	Replicas int  // somebody has set the workload to this number; 0: nobody has
	Unready  int  // so many of them are not ready; less than zero: so many more are
	Existing int  // so many exist; 0: as many as there should be
	Refuses  bool // the workload cannot be scaled
	Metrics  []metric
	Up, Down *rules // that hold from now on; nil: as before
}

// at returns the sequence with the rules that hold at a look.
func (s sequence) at(l look) sequence {
	if l.Up != nil {
		s.Up = *l.Up
	}
	if l.Down != nil {
		s.Down = *l.Down
	}
	return s
}

// hpa returns the replicas that the HPA controller comes to at each look.
func (s sequence) hpa(t *testing.T) (counts []int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer stop()
		c := start(ctx)
		w := c.workload
		for _, l := range s.Looks {
			s = s.at(l)
			time.Sleep(l.After)
			if l.Replicas > 0 {
				w.replicas = int32(l.Replicas)
			}
			w.existing, w.refuses, c.source.metrics = w.replicas, l.Refuses, l.Metrics
			if l.Existing > 0 {
				w.existing = int32(l.Existing)
			}
			c.pods.resize(l.ready(int(w.replicas)))
			c.look(t, s.object(l))
			counts = append(counts, int(w.replicas))
		}
	})
	return counts
}

func (l look) ready(replicas int) int { return min(max(replicas-l.Unready, 0), maxReady) }

// object is the HPA of the policy, as the API server completes it.
func (s sequence) object(l look) *autoscalingv2.HorizontalPodAutoscaler {
	h := hpa.Object(metav1.ObjectMeta{Namespace: namespace, Name: "orders"},
		autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "orders"},
		s.policy(l), specs(l.Metrics)...)
	if s.NoBehavior {
		h.Spec.Behavior = nil
	}
	defaults.SetDefaults_HorizontalPodAutoscaler(h)
	return h
}

func (s sequence) policy(l look) autoscale.Policy {
	return autoscale.Policy{
		Min: l.Min, Max: l.Max, Tolerance: s.Tolerance, Up: s.Up.behavior(), Down: s.Down.behavior(),
		Pause: autoscale.Pause{In: s.PauseIn, Out: s.PauseOut},
	}
}

func (r rules) behavior() autoscale.Behavior {
	b := autoscale.Behavior{Select: r.Select, Limits: r.Limits}
	if r.Window >= 0 {
		window := time.Duration(r.Window) * time.Second
		b.Window = &window
	}
	if r.Tolerance != "" {
		tolerance := asTheHPA(r.Tolerance)
		b.Tolerance = &tolerance
	}
	return b
}

// asTheHPA is the number that the HPA controller makes of a quantity. It can be
// off by the last bit.
func asTheHPA(q string) float64 {
	quantity := resource.MustParse(q)
	return quantity.AsApproximateFloat64()
}

// decide returns what autoscale comes to at each look, and the replicas then.
func (s sequence) decide() (counts []int, decisions []autoscale.Decision) {
	return s.decideBy(autoscale.Policy.Decide)
}

// decideBy returns what decide comes to at each look, and the replicas then.
func (s sequence) decideBy(decide func(autoscale.Policy, autoscale.Input) autoscale.Decision) (counts []int, decisions []autoscale.Decision) {
	in := autoscale.Input{Now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	for _, l := range s.Looks {
		s = s.at(l)
		in.Now = in.Now.Add(l.After)
		if l.Replicas > 0 {
			in.Current = l.Replicas
		}
		ready := l.ready(in.Current)
		in.Ready, in.Samples = &ready, samples(l.Metrics)
		d := decide(s.policy(l), in)
		decisions = append(decisions, d)
		ups, downs := in.State.ScaleUps, in.State.ScaleDowns
		in.State = d.State
		if l.Refuses && d.Replicas != in.Current {
			in.State.ScaleUps, in.State.ScaleDowns = ups, downs
		} else {
			in.Current = d.Replicas
		}
		counts = append(counts, in.Current)
	}
	return counts, decisions
}

// valid says that the HPA and the policy are such as are accepted.
func (s sequence) valid(t *testing.T) {
	t.Helper()
	for _, l := range s.Looks {
		s = s.at(l)
		require.NoError(t, s.policy(l).Validate(), "%v", s)
		var h autoscaling.HorizontalPodAutoscaler
		require.NoError(t, legacyscheme.Scheme.Convert(s.object(l), &h, nil))
		require.Empty(t, validation.ValidateHorizontalPodAutoscaler(&h,
			validation.HorizontalPodAutoscalerSpecValidationOptions{MinReplicasLowerBound: 1}), "%v", s)
	}
}

// More of the differences that autoscale documents.
const (
	pausedOutside = "paused outside the bounds"
	held          = "held for a metric that failed"
)

// heldBefore says that what was held at an earlier look counts at the last one.
func heldBefore(decisions []autoscale.Decision) bool {
	last := len(decisions) - 1
	if d := decisions[last]; !d.Applied(autoscale.RuleScaleDownStabilized) && !d.Applied(autoscale.RuleScaleUpStabilized) {
		return false
	}
	return slices.ContainsFunc(decisions[:last], func(d autoscale.Decision) bool { return d.Applied(autoscale.RuleHold) })
}

// pausedOutsideOf says that the HPA comes to n since it returns into the bounds.
func pausedOutsideOf(l look, d autoscale.Decision, n int) bool {
	return d.Applied(autoscale.RulePausedScaleIn) && n == l.Max && n < d.Replicas ||
		d.Applied(autoscale.RulePausedScaleOut) && n == l.Min && n > d.Replicas
}

// compare compares the counts at each look and returns the decisions that gave
// the same. They end with the first difference that autoscale documents.
func (s sequence) compare(t *testing.T) (same []autoscale.Decision, difference string) {
	t.Helper()
	s.valid(t)
	counts, decisions := s.decide()
	for i, n := range s.hpa(t) {
		d, l := decisions[i], s.Looks[i]
		switch {
		case d.Applied(autoscale.RuleDirection):
			return decisions[:i], direction
		case s.surgesAt(i, counts):
			return decisions[:i], surge
		case n == counts[i]:
		case heldBefore(decisions[:i+1]):
			return decisions[:i], held
		case pausedOutsideOf(l, d, n):
			return decisions[:i], pausedOutside
		default:
			s.Looks = s.Looks[:i+1]
			t.Fatalf("look %d: the HPA comes to %d and not to %d\n%v\n%v", i, n, counts[i], s, d)
		}
	}
	return decisions, none
}

// surgesAt says that a metric at a look is above a total target while more
// replicas are ready than there should be.
func (s sequence) surgesAt(i int, counts []int) bool {
	current := s.Looks[i].Replicas
	if current == 0 && i > 0 {
		current = counts[i-1]
	}
	c := calculation{Current: current, Ready: s.Looks[i].ready(current), Metrics: s.Looks[i].Metrics}
	return slices.ContainsFunc(c.Metrics, func(m metric) bool { return c.surges(m) })
}

// These are the cases that were found to matter.
func TestSequences(t *testing.T) {
	limited := func(n int, period time.Duration) rules {
		return rules{Limits: []autoscale.Limit{{Kind: autoscale.Pods, Value: n, Period: period}}}
	}
	tests := []struct {
		name     string
		sequence sequence
		want     []int
	}{
		{
			name: "a recommendation as old as the window no longer counts",
			sequence: sequence{Down: rules{Window: 30}, Looks: []look{
				{Max: 100, Replicas: 20, Metrics: perReplica(20)},
				{Max: 100, After: 29 * time.Second, Metrics: perReplica(5)},
				{Max: 100, After: time.Second, Metrics: perReplica(6)},
			}},
			want: []int{20, 20, 6},
		},
		{
			name: "a change as old as the period no longer counts",
			sequence: sequence{Up: limited(4, time.Minute), Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(50)},
				{Max: 100, After: 59 * time.Second, Metrics: perReplica(50)},
				{Max: 100, After: time.Second, Metrics: perReplica(50)},
			}},
			want: []int{14, 14, 18},
		},
		{
			name: "a change that did not come about does not count",
			sequence: sequence{Up: limited(4, time.Minute), Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(50), Refuses: true},
				{Max: 100, After: 15 * time.Second, Metrics: perReplica(50)},
				{Max: 100, After: 15 * time.Second, Metrics: perReplica(50)},
			}},
			want: []int{10, 14, 14},
		},
		{
			name: "a change that its own direction is done with gives its place to the next one, though the other direction would count it",
			sequence: sequence{Up: limited(100, 15*time.Second), Down: limited(2, 5*time.Minute), Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(20)},
				{Max: 100, After: time.Minute, Metrics: perReplica(30)},
				{Max: 100, After: time.Minute, Metrics: perReplica(5)},
			}},
			want: []int{20, 30, 18},
		},
		{
			name: "a disabled direction keeps no bounds",
			sequence: sequence{Up: rules{Select: autoscale.Disabled}, Down: rules{Select: autoscale.Disabled}, Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(50)},
				{Max: 100, After: time.Minute, Metrics: perReplica(1)},
				{Max: 8, After: time.Minute, Metrics: perReplica(50)},
				{Max: 20, Min: 12, After: time.Minute, Metrics: perReplica(1)},
			}},
			want: []int{10, 10, 8, 12},
		},
		{
			name: "a pause is a disabled direction",
			sequence: sequence{PauseIn: true, Looks: []look{
				{Max: 100, Replicas: 10, Metrics: perReplica(5)},
				{Max: 100, After: time.Minute, Metrics: perReplica(11)},
				{Max: 100, After: time.Minute, Metrics: perReplica(5)},
			}},
			want: []int{10, 11, 11},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, difference := tt.sequence.compare(t)
			require.Equal(t, none, difference)
			counts, _ := tt.sequence.decide()
			require.Equal(t, tt.want, counts)
		})
	}
}
