package hpa

import (
	"cmp"
	"math"
	"slices"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale"
)

// Object returns the HPA that scales a workload between one and Policy.Max as
// the policy would: the same bounds, behavior and tolerance. What an HPA cannot
// do is left to whoever runs the policy with Delegate.
//
// Metrics are those of [Metrics.Specs] and [Resource]. They are sorted by type,
// so that equal arguments give equal objects.
func Object(meta metav1.ObjectMeta, target autoscalingv2.CrossVersionObjectReference,
	policy autoscale.Policy, metrics ...autoscalingv2.MetricSpec,
) *autoscalingv2.HorizontalPodAutoscaler {
	metrics = slices.Clone(metrics)
	slices.SortStableFunc(metrics, func(a, b autoscalingv2.MetricSpec) int { return cmp.Compare(a.Type, b.Type) })
	least := count(max(1, policy.Min))
	h := &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: autoscalingv2.SchemeGroupVersion.String(), Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: meta,
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: target,
			MinReplicas:    &least,
			MaxReplicas:    count(max(1, policy.Max)),
			Metrics:        metrics,
		},
	}
	// Without any behavior an HPA goes by older rules, which no policy has.
	h.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp:   rules(policy.Up, policy.Tolerance, policy.Pause.Out),
		ScaleDown: rules(policy.Down, policy.Tolerance, policy.Pause.In),
	}
	return h
}

// ForLimits returns the policy for the HPA of a workload with a source that states
// a Limit. Unless the policy has a tolerance of its own for scaling up, that is 0
// then: the value that [Metrics.Values] cuts to the limit is too close to the
// target for the HPA to go all the way. Once a source has stated a Limit, keep the
// policy while it fails or has nothing to do, since it may state none then.
func ForLimits(policy autoscale.Policy) autoscale.Policy {
	if policy.Up.Tolerance == nil {
		policy.Up.Tolerance = new(float64)
	}
	return policy
}

// wholeSeconds rounds up: the HPA knows no less than a second, and no period
// of none.
func wholeSeconds(d time.Duration) int32 { return count(int((d + time.Second - 1) / time.Second)) }

func count(n int) int32 { return int32(min(max(n, 0), math.MaxInt32)) }

// defaultTolerance is the HPA controller's, unless a flag says otherwise.
const defaultTolerance = 0.1

// rules returns what the HPA is told about one direction, nil if that is
// nothing but its defaults.
func rules(b autoscale.Behavior, tolerance float64, paused bool) *autoscalingv2.HPAScalingRules {
	var r autoscalingv2.HPAScalingRules
	if b.Window != nil {
		seconds := wholeSeconds(*b.Window)
		r.StabilizationWindowSeconds = &seconds
	}
	if b.Tolerance != nil {
		tolerance = *b.Tolerance
	}
	if b.Tolerance != nil || tolerance != defaultTolerance {
		q := quantity(tolerance)
		r.Tolerance = &q
	}
	choose := autoscalingv2.ScalingPolicySelect(b.Select)
	if paused {
		choose = autoscalingv2.DisabledPolicySelect
	}
	if choose != "" {
		r.SelectPolicy = &choose
	}
	for _, l := range b.Limits {
		r.Policies = append(r.Policies, autoscalingv2.HPAScalingPolicy{
			Type:          autoscalingv2.HPAScalingPolicyType(l.Kind),
			Value:         count(l.Value),
			PeriodSeconds: wholeSeconds(l.Period),
		})
	}
	if r.StabilizationWindowSeconds == nil && r.Tolerance == nil && r.SelectPolicy == nil && r.Policies == nil {
		return nil
	}
	return &r
}

// Behavior returns a direction of an HPA's behavior as a policy has it. It is
// what Object is the other way round. Nil is the default.
func Behavior(r *autoscalingv2.HPAScalingRules) autoscale.Behavior {
	var b autoscale.Behavior
	if r == nil {
		return b
	}
	if r.StabilizationWindowSeconds != nil {
		window := time.Duration(*r.StabilizationWindowSeconds) * time.Second
		b.Window = &window
	}
	if r.SelectPolicy != nil {
		b.Select = autoscale.Select(*r.SelectPolicy)
	}
	for _, p := range r.Policies {
		b.Limits = append(b.Limits, autoscale.Limit{
			Kind:   autoscale.LimitKind(p.Type),
			Value:  int(p.Value),
			Period: time.Duration(p.PeriodSeconds) * time.Second,
		})
	}
	b.Tolerance = float(r.Tolerance)
	return b
}

func float(q *resource.Quantity) *float64 {
	if q == nil {
		return nil
	}
	f := q.AsApproximateFloat64()
	return &f
}
