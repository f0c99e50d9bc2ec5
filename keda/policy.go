package keda

import (
	"math"
	"slices"
	"strconv"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/formula"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// KEDA's words for problems.
const (
	incorrectReplicas = "incorrect-replicas"
	incorrectFallback = "incorrect-fallback"
	incorrectPolicy   = "incorrect-policy"
	incorrectTriggers = "incorrect-triggers"
)

// Policy returns the policy by which a ScaledObject is scaled, with what its
// annotations pause, or everything that is wrong with what it says about that. A
// direct one scales by itself; another leaves a running workload to an HPA.
//
// A direct one goes up to what is called for at once, unless the object has policies
// in behavior.scaleUp. Where a target is a Value, the HPA's limits hold instead.
func Policy(so *v1alpha1.ScaledObject, direct bool) (autoscale.Policy, error) {
	policy, f := policyOf(so, direct)
	return policy, f.Err()
}

func policyOf(so *v1alpha1.ScaledObject, direct bool) (autoscale.Policy, Findings) {
	var f Findings
	policy := autoscale.Default()
	policy.Delegate = !direct
	policy.Min, policy.Max = so.MinReplicas(), so.MaxReplicas()
	f.atLeast(incorrectReplicas, "minReplicaCount", so.Spec.MinReplicaCount, 0)
	f.atLeast(incorrectReplicas, "maxReplicaCount", so.Spec.MaxReplicaCount, 1)
	if policy.Min > policy.Max {
		f.Refuse(incorrectReplicas, "minReplicaCount: %d is greater than maxReplicaCount, which is %d", policy.Min, policy.Max)
	}
	f.atLeast(incorrectReplicas, "idleReplicaCount", so.Spec.IdleReplicaCount, 0)
	if idle := so.Spec.IdleReplicaCount; idle != nil {
		n := int(*idle)
		policy.Idle = &n
		if n >= max(policy.Min, 1) {
			f.Refuse(incorrectReplicas, "idleReplicaCount: %d is not less than minReplicaCount, which is %d", n, policy.Min)
		}
	}
	policy.Cooldown, policy.InitialCooldown = so.CooldownPeriod(), so.InitialCooldownPeriod()
	f.atLeast(incorrectPolicy, "cooldownPeriod", so.Spec.CooldownPeriod, 0)
	f.atLeast(incorrectPolicy, "initialCooldownPeriod", so.Spec.InitialCooldownPeriod, 0)
	if a := so.Spec.Advanced; a != nil {
		if h := a.HorizontalPodAutoscalerConfig; h != nil && h.Behavior != nil {
			policy.Up, policy.Down = hpa.Behavior(h.Behavior.ScaleUp), hpa.Behavior(h.Behavior.ScaleDown)
		}
		policy.Combine = f.combine(a.ScalingModifiers, names(so.Spec.Triggers))
	}
	if direct && len(policy.Up.Limits) == 0 && !isRelative(so, policy.Combine) {
		policy.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: max(policy.Max, 1), Period: time.Second}}
	}
	policy.Fallback = f.fallback(so.Spec.Fallback, policy.Combine != nil)
	policy.Pause = f.pause(so)
	if f.Problems == nil {
		// In other words than the object's, but nothing is left to say that
		// the API server does not check.
		f.refuseAll(incorrectPolicy, "", policy.Validate())
	}
	return policy, f
}

// isRelative says that a reading does not call for a number of replicas, but for
// so many times those that there are. A reading that is older than the last change
// calls for too many then, and the next one for as many times these: without a
// limit to how fast it may go, that ends at the maximum.
func isRelative(so *v1alpha1.ScaledObject, formula *autoscale.Combine) bool {
	if formula != nil {
		return formula.Target.Kind == scalerkit.Total
	}
	return slices.ContainsFunc(so.Spec.Triggers, func(t v1alpha1.ScaleTriggers) bool {
		return t.MetricType == autoscalingv2.ValueMetricType
	})
}

// fallback returns what stands in for triggers that fail.
func (f *Findings) fallback(given *v1alpha1.Fallback, formula bool) *autoscale.Fallback {
	if given == nil {
		return nil
	}
	f.atLeast(incorrectFallback, "fallback.failureThreshold", &given.FailureThreshold, 0)
	f.atLeast(incorrectFallback, "fallback.replicas", &given.Replicas, 0)
	if given.Behavior == v1alpha1.FallbackScalingModifiers && !formula {
		f.Refuse("scaling-modifiers-fallback", "fallback.behavior: %s needs advanced.scalingModifiers.formula", given.Behavior)
	}
	return &autoscale.Fallback{
		Failures: int(given.FailureThreshold),
		Replicas: int(given.Replicas),
		Behavior: autoscale.FallbackBehavior(given.Behavior),
	}
}

// pause returns what annotations pause.
func (f *Findings) pause(so *v1alpha1.ScaledObject) autoscale.Pause {
	pause := autoscale.Pause{
		In:          v1alpha1.Enabled(so, v1alpha1.AnnotationPausedScaleIn),
		Out:         v1alpha1.Enabled(so, v1alpha1.AnnotationPausedScaleOut),
		ForceActive: v1alpha1.Enabled(so, v1alpha1.AnnotationForceActivation),
	}
	paused, at, err := Paused(so)
	f.refuseAll(incorrectAnnotation, "", err)
	if pause.All = paused; at != nil {
		n := int(*at)
		pause.Replicas = &n
	}
	return pause
}

// names returns the names that a formula may use.
func names(triggers []v1alpha1.ScaleTriggers) []string {
	var list []string
	for _, t := range triggers {
		if t.Name != "" && !IsResource(t.Type) {
			list = append(list, t.Name)
		}
	}
	return list
}

// combine returns what combines the triggers, nil if nothing does.
func (f *Findings) combine(m v1alpha1.ScalingModifiers, triggers []string) *autoscale.Combine {
	if m == (v1alpha1.ScalingModifiers{}) {
		return nil
	}
	const reason, about = "scaling-modifiers", "advanced.scalingModifiers: "
	combine := &autoscale.Combine{Target: scalerkit.Target{Kind: scalerkit.PerReplica}}
	var err error
	combine.Func, err = formula.Compile(m.Formula, triggers)
	f.refuseAll(reason, about, err)
	if combine.Target.Value, err = strconv.ParseFloat(m.Target, 64); err != nil || !(combine.Target.Value > 0) || math.IsInf(combine.Target.Value, 0) {
		f.Refuse(reason, about+"target: %q is not a number greater than 0", m.Target)
	}
	if m.ActivationTarget != "" {
		if combine.Activation, err = strconv.ParseFloat(m.ActivationTarget, 64); err != nil || math.IsNaN(combine.Activation) || math.IsInf(combine.Activation, 0) {
			f.Refuse(reason, about+"activationTarget: %q is not a number", m.ActivationTarget)
		}
	}
	switch m.MetricType {
	case "", autoscalingv2.AverageValueMetricType:
	case autoscalingv2.ValueMetricType:
		combine.Target.Kind = scalerkit.Total
	default:
		f.Refuse(reason, about+"metricType: %q is not one of AverageValue, Value", m.MetricType)
	}
	return combine
}
