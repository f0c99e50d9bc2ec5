package v1alpha1

import autoscalingv2 "k8s.io/api/autoscaling/v2"

// ScaleTriggers is one trigger: an event source, and how much of it is one
// replica's work.
type ScaleTriggers struct {
	// The trigger type, for example redis.
	// +kubebuilder:validation:MinLength=1
	Type string `json:"type"`
	// Unique in the object. A formula knows the trigger by it.
	// +optional
	Name string `json:"name,omitempty"`
	// Answers the HPA from the last reading. Readings are always shared here,
	// so it changes nothing; it is refused where KEDA refuses it.
	// +optional
	UseCachedMetrics bool `json:"useCachedMetrics,omitempty"`
	// The parameters of the trigger type.
	Metadata map[string]string `json:"metadata"`
	// Where the trigger's secrets are.
	// +optional
	AuthenticationRef *AuthenticationRef `json:"authenticationRef,omitempty"`
	// AverageValue (the default) or Value; Utilization for cpu and memory. Must
	// be empty in a ScaledJob.
	// +optional
	MetricType autoscalingv2.MetricTargetType `json:"metricType,omitempty"`
}

// The kinds of [AuthenticationRef].
const (
	KindTriggerAuthentication        = "TriggerAuthentication"
	KindClusterTriggerAuthentication = "ClusterTriggerAuthentication"
)

// AuthenticationRef refers to a TriggerAuthentication in the same namespace or
// to a ClusterTriggerAuthentication.
type AuthenticationRef struct {
	// Name of the object.
	Name string `json:"name"`
	// TriggerAuthentication (the default) or ClusterTriggerAuthentication.
	// +optional
	Kind string `json:"kind,omitempty"`
}

// TriggerActivityStatus is the activity of a trigger at its last reading.
type TriggerActivityStatus struct {
	// +optional
	IsActive bool `json:"isActive"`
	// Limit is the number of replicas beyond which more find no work at the
	// source (partitions), as it stated last. KEDA has no such field.
	// +optional
	Limit int32 `json:"limit,omitempty"`
	// Note is what the source says about the reading. KEDA has no such field.
	// +optional
	Note string `json:"note,omitempty"`
}
