package keda

import (
	"errors"
	"slices"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

var errNoTarget = errors.New("scaleTargetRef: is missing")

// CheckScaledObject returns what there is to say about a ScaledObject, but for
// the parameters of its triggers and whatever there is in the cluster. Direct is
// for one that does not say, see [Direct].
func CheckScaledObject(so *v1alpha1.ScaledObject, direct bool) Findings {
	var f Findings
	direct, err := Direct(so, direct)
	f.refuseAll(incorrectAnnotation, "", err)
	_, policy := policyOf(so, direct)
	f.Add(policy)
	_, warnings, err := Resources(so)
	f.Warnings = append(f.Warnings, warnings...)
	f.refuseAll(incorrectTriggers, "", err)
	f.triggers(so.Spec.Triggers)
	f.bounds(so)
	f.names(so, direct)
	f.target(so.Spec.ScaleTargetRef)
	return f
}

// CheckScaledJob returns what there is to say about a ScaledJob, but for the
// parameters of its triggers and whatever there is in the cluster.
func CheckScaledJob(sj *v1alpha1.ScaledJob) Findings {
	var f Findings
	if n := len(sj.Name); n > labelLimit {
		f.Refuse(incorrectPolicy, "metadata.name: its %d characters do not fit into the label %s, which may have %d", n, v1alpha1.LabelScaledJobName, labelLimit)
	}
	if sj.Spec.JobTargetRef == nil {
		f.Refuse(incorrectPolicy, "jobTargetRef: is missing: it is the template of the Jobs")
	}
	f.atLeast(incorrectPolicy, "pollingInterval", sj.Spec.PollingInterval, 1)
	f.atLeast(incorrectPolicy, "successfulJobsHistoryLimit", sj.Spec.SuccessfulJobsHistoryLimit, 0)
	f.atLeast(incorrectPolicy, "failedJobsHistoryLimit", sj.Spec.FailedJobsHistoryLimit, 0)
	f.oneOf("rolloutStrategy", sj.Spec.RolloutStrategy, v1alpha1.RolloutDefault, v1alpha1.RolloutGradual, v1alpha1.RolloutImmediate) //nolint:staticcheck // it is deprecated, and manifests have it
	f.oneOf("rollout.strategy", sj.Spec.Rollout.Strategy, v1alpha1.RolloutDefault, v1alpha1.RolloutGradual, v1alpha1.RolloutImmediate)
	f.oneOf("rollout.propagationPolicy", sj.Spec.Rollout.PropagationPolicy, v1alpha1.PropagationBackground, v1alpha1.PropagationForeground)
	_, policy := jobPolicyOf(sj)
	f.Add(policy)
	names := make(map[string]bool)
	readable := 0
	for i, t := range sj.Spec.Triggers {
		if t.MetricType != "" {
			f.Refuse(incorrectPolicy, "triggers[%d].metricType: %s means nothing to a ScaledJob: leave it out", i, t.MetricType)
		}
		if t.Name != "" && names[t.Name] {
			f.Refuse(incorrectPolicy, "triggers[%d].name: another trigger is named %q, too", i, t.Name)
		}
		names[t.Name] = true
		if IsResource(t.Type) {
			f.Warn("triggers[%d]: %s is passed over: it is for ScaledObjects, whose HPA reads it", i, t.Type)
			continue
		}
		readable++
	}
	if readable == 0 {
		f.Refuse(incorrectPolicy, "triggers: there is none to create Jobs by")
	}
	return f
}

// triggers checks what KEDA asks of the triggers of a ScaledObject.
func (f *Findings) triggers(triggers []v1alpha1.ScaleTriggers) {
	if len(triggers) == 0 {
		f.Refuse(incorrectTriggers, "triggers: there is none: list at least one")
	}
	names := make(map[string]int)
	for i, t := range triggers {
		if first, taken := names[t.Name]; taken && t.Name != "" {
			f.Refuse(incorrectTriggers, "triggers[%d].name: triggers[%d] is named %q, too", i, first, t.Name)
		} else {
			names[t.Name] = i
		}
		if t.UseCachedMetrics && (IsResource(t.Type) || t.Type == "cron") {
			f.Refuse(incorrectTriggers, "triggers[%d].useCachedMetrics: does not go with type %s: leave it out", i, t.Type)
		}
	}
}

// bounds checks what the types of triggers mean for zero replicas and for the
// fallback, and warns of what has no effect.
func (f *Findings) bounds(so *v1alpha1.ScaledObject) {
	onlyResources := len(so.Spec.Triggers) > 0 && !slices.ContainsFunc(so.Spec.Triggers, func(t v1alpha1.ScaleTriggers) bool {
		return !IsResource(t.Type)
	})
	if onlyResources && so.MinReplicas() == 0 {
		f.Refuse("scale-to-zero-requirements-not-met",
			"minReplicaCount: 0 needs a trigger that is not cpu or memory, which say nothing while there are no replicas: set it to 1 or more, or add such a trigger")
	}
	formula := so.Spec.Advanced != nil && so.Spec.Advanced.ScalingModifiers.Formula != ""
	if onlyResources && !formula && so.Spec.Fallback != nil {
		f.Refuse(incorrectFallback, "fallback: is for triggers that the operator reads, and there is none: cpu and memory are read by the HPA")
	}
	f.atLeast(incorrectPolicy, "pollingInterval", so.Spec.PollingInterval, 1)
	if so.Spec.CooldownPeriod != nil && so.MinReplicas() > 0 && so.Spec.IdleReplicaCount == nil {
		f.Warn("cooldownPeriod has no effect: with minReplicaCount %d and no idleReplicaCount nothing is scaled to zero or idle", so.MinReplicas())
	}
}

// names checks that names fit into labels.
func (f *Findings) names(so *v1alpha1.ScaledObject, direct bool) {
	if n := len(so.Name); n > labelLimit {
		f.Refuse("name-too-long", "metadata.name: has %d characters, and may have %d", n, labelLimit)
	}
	if n := len(so.HPAName()); n > labelLimit && !direct {
		f.Refuse("hpa-name-too-long",
			"the HPA's name %s has %d characters, and may have %d: give it another in advanced.horizontalPodAutoscalerConfig.name", so.HPAName(), n, labelLimit)
	}
}

// target checks what is scaled.
func (f *Findings) target(target *v1alpha1.ScaleTarget) {
	const reason = "incorrect-target"
	if target == nil {
		f.Refuse(reason, "%v", errNoTarget)
		return
	}
	if target.Name == "" {
		f.Refuse(reason, "scaleTargetRef.name: is missing")
	}
	if _, err := target.GroupVersionKind(); err != nil {
		f.Refuse(reason, "scaleTargetRef.apiVersion: %v", err)
	}
}
