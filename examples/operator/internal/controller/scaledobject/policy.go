package scaledobject

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/formula"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/joined"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// Policy returns the policy by which a ScaledObject is scaled, or everything
// that is wrong with what it says about that. A direct one scales by itself;
// another leaves a running workload to an HPA.
func Policy(so *v1alpha1.ScaledObject, direct bool) (autoscale.Policy, error) {
	var problems []error
	policy := autoscale.Default()
	policy.Delegate = !direct
	policy.Min, policy.Max = so.MinReplicas(), so.MaxReplicas()
	if policy.Min > policy.Max {
		problems = append(problems, fmt.Errorf("minReplicaCount: %d is greater than maxReplicaCount, which is %d", policy.Min, policy.Max))
	}
	if idle := so.Spec.IdleReplicaCount; idle != nil {
		n := int(*idle)
		policy.Idle = &n
		if n >= max(policy.Min, 1) {
			problems = append(problems, fmt.Errorf("idleReplicaCount: %d is not less than minReplicaCount, which is %d", n, policy.Min))
		}
	}
	policy.Cooldown, policy.InitialCooldown = so.CooldownPeriod(), so.InitialCooldownPeriod()
	if f := so.Spec.Fallback; f != nil {
		policy.Fallback = &autoscale.Fallback{
			Failures: int(f.FailureThreshold),
			Replicas: int(f.Replicas),
			Behavior: autoscale.FallbackBehavior(f.Behavior),
		}
	}
	if a := so.Spec.Advanced; a != nil {
		if h := a.HorizontalPodAutoscalerConfig; h != nil && h.Behavior != nil {
			policy.Up, policy.Down = hpa.Behavior(h.Behavior.ScaleUp), hpa.Behavior(h.Behavior.ScaleDown)
		}
		combine, err := combineOf(a.ScalingModifiers, names(so.Spec.Triggers))
		if err != nil {
			problems = append(problems, joined.Each("advanced.scalingModifiers: ", err)...)
		}
		policy.Combine = combine
	}
	policy.Pause = autoscale.Pause{
		In:          v1alpha1.Enabled(so, v1alpha1.AnnotationPausedScaleIn),
		Out:         v1alpha1.Enabled(so, v1alpha1.AnnotationPausedScaleOut),
		ForceActive: v1alpha1.Enabled(so, v1alpha1.AnnotationForceActivation),
	}
	if problems == nil {
		// In other words than the object's, but nothing is left to say that
		// the API server does not check.
		if err := policy.Validate(); err != nil {
			problems = append(problems, err)
		}
	}
	return policy, errors.Join(problems...)
}

// names returns the names that a formula may use.
func names(triggers []v1alpha1.ScaleTriggers) []string {
	var list []string
	for _, t := range triggers {
		if t.Name != "" && !controller.IsResource(t.Type) {
			list = append(list, t.Name)
		}
	}
	return list
}

// combineOf returns what combines the triggers, nil if nothing does.
func combineOf(m v1alpha1.ScalingModifiers, triggers []string) (*autoscale.Combine, error) {
	if m == (v1alpha1.ScalingModifiers{}) {
		return nil, nil
	}
	var problems []error
	combine := &autoscale.Combine{Target: scalerkit.Target{Kind: scalerkit.PerReplica}}
	var err error
	if combine.Func, err = formula.Compile(m.Formula, triggers); err != nil {
		problems = append(problems, err)
	}
	if combine.Target.Value, err = strconv.ParseFloat(m.Target, 64); err != nil || !(combine.Target.Value > 0) || math.IsInf(combine.Target.Value, 0) {
		problems = append(problems, fmt.Errorf("target: %q is not a number greater than 0", m.Target))
	}
	if m.ActivationTarget != "" {
		if combine.Activation, err = strconv.ParseFloat(m.ActivationTarget, 64); err != nil || math.IsNaN(combine.Activation) || math.IsInf(combine.Activation, 0) {
			problems = append(problems, fmt.Errorf("activationTarget: %q is not a number", m.ActivationTarget))
		}
	}
	switch m.MetricType {
	case "", autoscalingv2.AverageValueMetricType:
	case autoscalingv2.ValueMetricType:
		combine.Target.Kind = scalerkit.Total
	default:
		problems = append(problems, fmt.Errorf("metricType: %q is not one of AverageValue, Value", m.MetricType))
	}
	return combine, errors.Join(problems...)
}

// isDirect says whether the operator alone scales a ScaledObject.
func isDirect(so *v1alpha1.ScaledObject, otherwise bool) (bool, error) {
	switch mode, ok := so.Annotations[v1alpha1.AnnotationMode]; {
	case !ok:
		return otherwise, nil
	case mode == v1alpha1.ModeDirect:
		return true, nil
	case mode == v1alpha1.ModeHPA:
		return false, nil
	default:
		return otherwise, fmt.Errorf("annotation %s: %q is not one of %s, %s", v1alpha1.AnnotationMode, mode, v1alpha1.ModeHPA, v1alpha1.ModeDirect)
	}
}

// pausedAt returns whether a ScaledObject is paused, and at how many replicas;
// nil leaves those that there are.
func pausedAt(so *v1alpha1.ScaledObject) (paused bool, replicas *int32, err error) {
	text, ok := so.Annotations[v1alpha1.AnnotationPausedReplicas]
	if !ok {
		return v1alpha1.Enabled(so, v1alpha1.AnnotationPaused), nil, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil || n < 0 {
		return true, nil, fmt.Errorf("annotation %s: %q is not a number of replicas", v1alpha1.AnnotationPausedReplicas, text)
	}
	count := int32(n)
	return true, &count, nil
}

// resources returns the metrics that the HPA reads by itself, their names, and
// what is to be told about them.
func resources(so *v1alpha1.ScaledObject) (specs []autoscalingv2.MetricSpec, list, warnings []string, err error) {
	var problems []error
	seen := make(map[string]bool)
	add := func(t v1alpha1.ScaleTriggers, e scalerkit.ConfigError) {
		e.Type, e.Name = t.Type, t.Name
		problems = append(problems, e)
	}
	for _, t := range so.Spec.Triggers {
		if !controller.IsResource(t.Type) {
			continue
		}
		spec, warning, err := resourceMetric(t)
		if warning != "" {
			warnings = append(warnings, warning)
		}
		if err != nil {
			for _, e := range scalerkit.ConfigErrors(err) {
				add(t, e)
			}
			continue
		}
		name := t.Type
		if container := t.Metadata["containerName"]; container != "" {
			name += " of container " + container
		}
		if seen[name] {
			add(t, scalerkit.ConfigError{Problem: "there is another trigger for " + name})
			continue
		}
		seen[name] = true
		specs, list = append(specs, spec), append(list, t.Type)
	}
	return specs, list, warnings, errors.Join(problems...)
}

// staleAfter returns how long a value is good for that is read at an interval.
func staleAfter(interval time.Duration) time.Duration {
	return max(hpa.DefaultMaxAge, 3*interval)
}
