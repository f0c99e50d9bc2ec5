package v1alpha1

import (
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ScaledJob creates Jobs by its triggers. Like in KEDA, defaults are not written
// into the object. Its methods know them.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=scaledjobs,scope=Namespaced,shortName=sj
// +kubebuilder:printcolumn:name="Min",type="integer",JSONPath=".spec.minReplicaCount"
// +kubebuilder:printcolumn:name="Max",type="integer",JSONPath=".spec.maxReplicaCount"
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type==\"Ready\")].status"
// +kubebuilder:printcolumn:name="Active",type="string",JSONPath=".status.conditions[?(@.type==\"Active\")].status"
// +kubebuilder:printcolumn:name="Paused",type="string",JSONPath=".status.conditions[?(@.type==\"Paused\")].status"
// +kubebuilder:printcolumn:name="Triggers",type="string",JSONPath=".status.triggersTypes"
// +kubebuilder:printcolumn:name="Authentications",type="string",JSONPath=".status.authenticationsTypes"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ScaledJob struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec ScaledJobSpec `json:"spec"`
	// +optional
	Status ScaledJobStatus `json:"status,omitempty"`
}

// ScaledJobList is a list of ScaledJobs.
//
// +kubebuilder:object:root=true
type ScaledJobList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ScaledJob `json:"items"`
}

// ScaledJobSpec says which Jobs to create, by what, and how many.
type ScaledJobSpec struct {
	// The template of the Jobs.
	JobTargetRef *batchv1.JobSpec `json:"jobTargetRef"`
	// Seconds between two readings of the triggers; 30 by default.
	// +optional
	// +kubebuilder:validation:Minimum=1
	PollingInterval *int32 `json:"pollingInterval,omitempty"`
	// How many Jobs that succeeded are kept; 100 by default.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SuccessfulJobsHistoryLimit *int32 `json:"successfulJobsHistoryLimit,omitempty"`
	// How many Jobs that failed are kept; 100 by default.
	// +optional
	// +kubebuilder:validation:Minimum=0
	FailedJobsHistoryLimit *int32 `json:"failedJobsHistoryLimit,omitempty"`
	// Deprecated: use rollout.strategy, which this one overrides.
	// +optional
	// +kubebuilder:validation:Enum=default;gradual;immediate
	RolloutStrategy string `json:"rolloutStrategy,omitempty"`
	// What a change of jobTargetRef does to the Jobs that were made from it
	// before. No other change does anything to them.
	// +optional
	Rollout Rollout `json:"rollout,omitempty"`
	// The container whose environment triggers can refer to; the first one by
	// default.
	// +optional
	EnvSourceContainerName string `json:"envSourceContainerName,omitempty"`
	// Jobs that are kept running always; 0 by default.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinReplicaCount *int32 `json:"minReplicaCount,omitempty"`
	// How many Jobs there may be at a time; 100 by default.
	// +optional
	// +kubebuilder:validation:Minimum=1
	MaxReplicaCount *int32 `json:"maxReplicaCount,omitempty"`
	// +optional
	ScalingStrategy ScalingStrategy `json:"scalingStrategy,omitempty"`
	// What calls for Jobs.
	// +kubebuilder:validation:MinItems=1
	Triggers []ScaleTriggers `json:"triggers"`
}

// The strategies of a [Rollout].
const (
	RolloutDefault   = "default"   // is RolloutImmediate
	RolloutImmediate = "immediate" // Jobs of before are deleted, running ones too
	RolloutGradual   = "gradual"   // Jobs of before finish
)

// The propagation policies of a [Rollout].
const (
	PropagationBackground = "background"
	PropagationForeground = "foreground"
)

// Rollout says what a change of jobTargetRef does to Jobs of before.
type Rollout struct {
	// immediate, which is also called default, deletes them, running ones too;
	// gradual lets them finish.
	// +optional
	// +kubebuilder:validation:Enum=default;gradual;immediate
	Strategy string `json:"strategy,omitempty"`
	// How they are deleted: background (the default) or foreground.
	// +optional
	// +kubebuilder:validation:Enum=foreground;background
	PropagationPolicy string `json:"propagationPolicy,omitempty"`
}

// ScalingStrategy reckons with the Jobs that there are.
type ScalingStrategy struct {
	// default, custom, accurate or eager. auto is our own: it knows from the
	// trigger whether its value includes messages that are being worked on.
	// +optional
	// +kubebuilder:validation:Enum=default;custom;accurate;eager;auto
	Strategy string `json:"strategy,omitempty"`
	// Jobs that the strategy custom takes off; 0 by default.
	// +optional
	CustomScalingQueueLengthDeduction *int32 `json:"customScalingQueueLengthDeduction,omitempty"`
	// The part of the running Jobs that the strategy custom takes off, where
	// 0.5 means 50 %.
	// +optional
	CustomScalingRunningJobPercentage string `json:"customScalingRunningJobPercentage,omitempty"`
	// A Job is no longer pending when a Pod of it has all of these conditions;
	// without any, when a Pod of it is running.
	// +optional
	PendingPodConditions []string `json:"pendingPodConditions,omitempty"`
	// How to make one load of those of several triggers: max (the default),
	// min, avg or sum.
	// +optional
	// +kubebuilder:validation:Enum=min;avg;sum;max
	MultipleScalersCalculation string `json:"multipleScalersCalculation,omitempty"`
}

// ScaledJobStatus is what the operator knows of a ScaledJob.
type ScaledJobStatus struct {
	// The last reading with activity.
	// +optional
	LastActiveTime *metav1.Time `json:"lastActiveTime,omitempty"`
	// +optional
	Conditions Conditions `json:"conditions,omitempty"`
	// Accepted as it is in KEDA, and never set: see the condition Paused.
	// +optional
	Paused string `json:"Paused,omitempty"`
	// +optional
	TriggersTypes *string `json:"triggersTypes,omitempty"`
	// +optional
	AuthenticationsTypes *string `json:"authenticationsTypes,omitempty"`
	// +optional
	ExternalMetricNames []string `json:"externalMetricNames,omitempty"`
	// Activity of each metric at its last reading.
	// +optional
	TriggersActivity map[string]TriggerActivityStatus `json:"triggersActivity,omitempty"`

	// What one decision leaves to the next, so that after a restart no reading
	// creates Jobs twice. Not KEDA's.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	PolicyState *runtime.RawExtension `json:"policyState,omitempty"`
	// The last decision that changed something, and why. Not KEDA's.
	// +optional
	Decision *JobDecision `json:"decision,omitempty"`
}

// A JobDecision is a number of Jobs to create with its reasons.
type JobDecision struct {
	// Jobs to create.
	Create int32       `json:"create"`
	Time   metav1.Time `json:"time"`
	// One line for each rule that took part, the last one with the result.
	// +optional
	Steps []string `json:"steps,omitempty"`
}
