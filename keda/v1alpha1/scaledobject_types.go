package v1alpha1

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ScaledObject scales a workload with a scale subresource by its triggers.
// Like in KEDA, defaults are not written into the object. Its methods know them.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=scaledobjects,scope=Namespaced,shortName=so
// +kubebuilder:printcolumn:name="ScaleTargetKind",type="string",JSONPath=".status.scaleTargetKind"
// +kubebuilder:printcolumn:name="ScaleTargetName",type="string",JSONPath=".spec.scaleTargetRef.name"
// +kubebuilder:printcolumn:name="Min",type="integer",JSONPath=".spec.minReplicaCount"
// +kubebuilder:printcolumn:name="Max",type="integer",JSONPath=".spec.maxReplicaCount"
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type==\"Ready\")].status"
// +kubebuilder:printcolumn:name="Active",type="string",JSONPath=".status.conditions[?(@.type==\"Active\")].status"
// +kubebuilder:printcolumn:name="Fallback",type="string",JSONPath=".status.conditions[?(@.type==\"Fallback\")].status"
// +kubebuilder:printcolumn:name="Paused",type="string",JSONPath=".status.conditions[?(@.type==\"Paused\")].status"
// +kubebuilder:printcolumn:name="Triggers",type="string",JSONPath=".status.triggersTypes"
// +kubebuilder:printcolumn:name="Authentications",type="string",JSONPath=".status.authenticationsTypes"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ScaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec ScaledObjectSpec `json:"spec"`
	// +optional
	Status ScaledObjectStatus `json:"status,omitempty"`
}

// ScaledObjectList is a list of ScaledObjects.
//
// +kubebuilder:object:root=true
type ScaledObjectList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ScaledObject `json:"items"`
}

// ScaledObjectSpec says what to scale, by what, and within which bounds.
//
// +kubebuilder:validation:XValidation:rule="!has(self.minReplicaCount) || self.minReplicaCount <= (has(self.maxReplicaCount) ? self.maxReplicaCount : 100)",message="minReplicaCount must not be greater than maxReplicaCount, which is 100 by default"
type ScaledObjectSpec struct {
	// What is scaled.
	ScaleTargetRef *ScaleTarget `json:"scaleTargetRef"`
	// Seconds between two readings of the triggers; 30 by default.
	// +optional
	// +kubebuilder:validation:Minimum=1
	PollingInterval *int32 `json:"pollingInterval,omitempty"`
	// Seconds after the creation of the object during which a workload that
	// was never active is not scaled to zero or idle; 0 by default.
	// +optional
	// +kubebuilder:validation:Minimum=0
	InitialCooldownPeriod *int32 `json:"initialCooldownPeriod,omitempty"`
	// Seconds without activity before the workload is scaled to zero or idle;
	// 300 by default.
	// +optional
	// +kubebuilder:validation:Minimum=0
	CooldownPeriod *int32 `json:"cooldownPeriod,omitempty"`
	// Replicas while no trigger is active, instead of minReplicaCount. Must be
	// less than that.
	// +optional
	// +kubebuilder:validation:Minimum=0
	IdleReplicaCount *int32 `json:"idleReplicaCount,omitempty"`
	// The lower bound; 0 by default.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinReplicaCount *int32 `json:"minReplicaCount,omitempty"`
	// The upper bound; 100 by default.
	// +optional
	// +kubebuilder:validation:Minimum=1
	MaxReplicaCount *int32 `json:"maxReplicaCount,omitempty"`
	// +optional
	Advanced *AdvancedConfig `json:"advanced,omitempty"`
	// What the workload is scaled by. The trigger that calls for the most wins.
	// +kubebuilder:validation:MinItems=1
	Triggers []ScaleTriggers `json:"triggers"`
	// What to do while a trigger fails.
	// +optional
	Fallback *Fallback `json:"fallback,omitempty"`
}

// ScaleTarget refers to a workload in the namespace of the ScaledObject.
type ScaleTarget struct {
	// Name of the workload.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// apps/v1 by default. Any kind with a scale subresource will do.
	// +optional
	APIVersion string `json:"apiVersion,omitempty"`
	// Deployment by default.
	// +optional
	Kind string `json:"kind,omitempty"`
	// The container whose environment triggers can refer to; the first one by
	// default.
	// +optional
	EnvSourceContainerName string `json:"envSourceContainerName,omitempty"`
}

// AdvancedConfig is what few need.
type AdvancedConfig struct {
	// +optional
	HorizontalPodAutoscalerConfig *HorizontalPodAutoscalerConfig `json:"horizontalPodAutoscalerConfig,omitempty"`
	// Puts back the number of replicas that there was at first when the
	// ScaledObject is deleted.
	// +optional
	RestoreToOriginalReplicaCount bool `json:"restoreToOriginalReplicaCount,omitempty"`
	// +optional
	ScalingModifiers ScalingModifiers `json:"scalingModifiers,omitempty"`
}

// HorizontalPodAutoscalerConfig is what goes into the HPA as it is.
type HorizontalPodAutoscalerConfig struct {
	// How fast to scale. In direct mode the policy goes by it too.
	// +optional
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior,omitempty"`
	// Name of the HPA; keda-hpa- and the name of the ScaledObject by default.
	// +optional
	Name string `json:"name,omitempty"`
}

// ScalingModifiers makes one metric of those of all triggers.
type ScalingModifiers struct {
	// An expression over the names of triggers, for example (a + b) / 2.
	// +optional
	Formula string `json:"formula,omitempty"`
	// How much of the formula's value is one replica's work: a number greater
	// than zero.
	// +optional
	Target string `json:"target,omitempty"`
	// The workload is active while the formula's value is greater; 0 by
	// default.
	// +optional
	ActivationTarget string `json:"activationTarget,omitempty"`
	// AverageValue (the default) or Value.
	// +optional
	MetricType autoscalingv2.MetricTargetType `json:"metricType,omitempty"`
}

// The behaviours of a [Fallback].
const (
	FallbackStatic                  = "static"
	FallbackCurrentReplicas         = "currentReplicas"
	FallbackCurrentReplicasIfHigher = "currentReplicasIfHigher"
	FallbackCurrentReplicasIfLower  = "currentReplicasIfLower"
	FallbackScalingModifiers        = "scalingModifiers"
)

// Fallback says what a trigger that fails stands for.
type Fallback struct {
	// How many failures in a row are tolerated.
	// +kubebuilder:validation:Minimum=0
	FailureThreshold int32 `json:"failureThreshold"`
	// The number of replicas that a failing trigger calls for.
	// +kubebuilder:validation:Minimum=0
	Replicas int32 `json:"replicas"`
	// +optional
	// +kubebuilder:default=static
	// +kubebuilder:validation:Enum=static;currentReplicas;currentReplicasIfHigher;currentReplicasIfLower;scalingModifiers
	Behavior string `json:"behavior,omitempty"`
}

// ScaledObjectStatus is what the operator knows of a ScaledObject.
type ScaledObjectStatus struct {
	// Group, version and kind of the target, for example apps/v1.Deployment.
	// +optional
	ScaleTargetKind string `json:"scaleTargetKind,omitempty"`
	// +optional
	ScaleTargetGVKR *GroupVersionKindResource `json:"scaleTargetGVKR,omitempty"`
	// The replicas of the target when it was seen first.
	// +optional
	OriginalReplicaCount *int32 `json:"originalReplicaCount,omitempty"`
	// The last reading with activity.
	// +optional
	LastActiveTime *metav1.Time `json:"lastActiveTime,omitempty"`
	// +optional
	ExternalMetricNames []string `json:"externalMetricNames,omitempty"`
	// +optional
	ResourceMetricNames []string `json:"resourceMetricNames,omitempty"`
	// +optional
	CompositeScalerName string `json:"compositeScalerName,omitempty"`
	// +optional
	Conditions Conditions `json:"conditions,omitempty"`
	// Failures of each metric, if there is a fallback.
	// +optional
	Health map[string]HealthStatus `json:"health,omitempty"`
	// +optional
	PausedReplicaCount *int32 `json:"pausedReplicaCount,omitempty"`
	// +optional
	HpaName string `json:"hpaName,omitempty"`
	// +optional
	TriggersTypes *string `json:"triggersTypes,omitempty"`
	// +optional
	AuthenticationsTypes *string `json:"authenticationsTypes,omitempty"`
	// Activity of each metric at its last reading.
	// +optional
	TriggersActivity map[string]TriggerActivityStatus `json:"triggersActivity,omitempty"`

	// What one decision leaves to the next, so that a restart forgets no
	// cooldown and no window. Not KEDA's.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	PolicyState *runtime.RawExtension `json:"policyState,omitempty"`
	// The last decision that changed something, and why. Not KEDA's.
	// +optional
	Decision *Decision `json:"decision,omitempty"`
}

// A Decision is a number of replicas with its reasons.
type Decision struct {
	Replicas int32       `json:"replicas"`
	Time     metav1.Time `json:"time"`
	// One line for each rule that took part, the last one with the result.
	// +optional
	Steps []string `json:"steps,omitempty"`
}

// GroupVersionKindResource is a resolved type of workload.
type GroupVersionKindResource struct {
	Group    string `json:"group"`
	Version  string `json:"version"`
	Kind     string `json:"kind"`
	Resource string `json:"resource"`
}

// GroupVersionKind returns the type without the resource.
func (g GroupVersionKindResource) GroupVersionKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: g.Group, Version: g.Version, Kind: g.Kind}
}

// GroupVersionResource returns the type without the kind.
func (g GroupVersionKindResource) GroupVersionResource() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: g.Group, Version: g.Version, Resource: g.Resource}
}

// HealthStatusType says whether a metric can be read.
type HealthStatusType string

// The values of [HealthStatusType].
const (
	HealthStatusHappy   HealthStatusType = "Happy"
	HealthStatusFailing HealthStatusType = "Failing"
)

// HealthStatus counts the failures of a metric.
type HealthStatus struct {
	// In a row.
	// +optional
	NumberOfFailures *int32 `json:"numberOfFailures,omitempty"`
	// Happy or Failing.
	// +optional
	Status HealthStatusType `json:"status,omitempty"`
}
