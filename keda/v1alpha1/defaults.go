package v1alpha1

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// What holds where an object says nothing.
const (
	DefaultPollingInterval = 30 * time.Second
	DefaultCooldownPeriod  = 300 * time.Second
	DefaultMaxReplicaCount = 100
	DefaultHistoryLimit    = 100 // of ScaledJobs, for Jobs that succeeded and for those that failed
)

// PollingInterval returns the time between two readings of the triggers.
func (o *ScaledObject) PollingInterval() time.Duration {
	return seconds(o.Spec.PollingInterval, DefaultPollingInterval)
}

// CooldownPeriod returns the time without activity before the workload is
// scaled to zero or idle.
func (o *ScaledObject) CooldownPeriod() time.Duration {
	return seconds(o.Spec.CooldownPeriod, DefaultCooldownPeriod)
}

// InitialCooldownPeriod returns the time after the creation during which a
// workload that was never active is not scaled to zero or idle.
func (o *ScaledObject) InitialCooldownPeriod() time.Duration {
	return seconds(o.Spec.InitialCooldownPeriod, 0)
}

// MinReplicas returns the lower bound.
func (o *ScaledObject) MinReplicas() int { return number(o.Spec.MinReplicaCount, 0) }

// MaxReplicas returns the upper bound.
func (o *ScaledObject) MaxReplicas() int {
	return number(o.Spec.MaxReplicaCount, DefaultMaxReplicaCount)
}

// HPAName returns the name of the HPA to be: not that of status.hpaName, which
// is the one that there was.
func (o *ScaledObject) HPAName() string {
	if a := o.Spec.Advanced; a != nil && a.HorizontalPodAutoscalerConfig != nil && a.HorizontalPodAutoscalerConfig.Name != "" {
		return a.HorizontalPodAutoscalerConfig.Name
	}
	return "keda-hpa-" + o.Name
}

// GroupVersionKind returns the type of the workload, or what is wrong with
// apiVersion.
func (t *ScaleTarget) GroupVersionKind() (schema.GroupVersionKind, error) {
	gv, err := schema.ParseGroupVersion(cmp.Or(t.APIVersion, "apps/v1"))
	return gv.WithKind(cmp.Or(t.Kind, "Deployment")), err
}

// PollingInterval returns the time between two readings of the triggers.
func (j *ScaledJob) PollingInterval() time.Duration {
	return seconds(j.Spec.PollingInterval, DefaultPollingInterval)
}

// MinReplicas returns the number of Jobs that are kept running always.
func (j *ScaledJob) MinReplicas() int { return number(j.Spec.MinReplicaCount, 0) }

// MaxReplicas returns how many Jobs there may be at a time.
func (j *ScaledJob) MaxReplicas() int {
	return number(j.Spec.MaxReplicaCount, DefaultMaxReplicaCount)
}

// SuccessfulJobsHistoryLimit returns how many Jobs that succeeded are kept.
func (j *ScaledJob) SuccessfulJobsHistoryLimit() int {
	return number(j.Spec.SuccessfulJobsHistoryLimit, DefaultHistoryLimit)
}

// FailedJobsHistoryLimit returns how many Jobs that failed are kept.
func (j *ScaledJob) FailedJobsHistoryLimit() int {
	return number(j.Spec.FailedJobsHistoryLimit, DefaultHistoryLimit)
}

// RolloutStrategy returns [RolloutImmediate] or [RolloutGradual]. The
// deprecated rolloutStrategy comes first.
func (j *ScaledJob) RolloutStrategy() string {
	if cmp.Or(j.Spec.RolloutStrategy, j.Spec.Rollout.Strategy) == RolloutGradual {
		return RolloutGradual
	}
	return RolloutImmediate
}

// PropagationPolicy returns how Jobs of before are deleted:
// [PropagationBackground] or [PropagationForeground].
func (j *ScaledJob) PropagationPolicy() string {
	return cmp.Or(j.Spec.Rollout.PropagationPolicy, PropagationBackground)
}

// ResolvedKind returns the kind of the object referred to.
func (r *AuthenticationRef) ResolvedKind() string {
	return cmp.Or(r.Kind, KindTriggerAuthentication)
}

func seconds(given *int32, otherwise time.Duration) time.Duration {
	if given == nil {
		return otherwise
	}
	return time.Duration(*given) * time.Second
}

func number(given *int32, otherwise int) int {
	if given == nil {
		return otherwise
	}
	return int(*given)
}
