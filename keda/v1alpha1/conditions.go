package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ConditionType names what a [Condition] is about.
type ConditionType string

// The conditions that there are.
const (
	ConditionReady     ConditionType = "Ready"     // the object is valid and its triggers can be read
	ConditionActive    ConditionType = "Active"    // a trigger calls for at least one replica or job
	ConditionFallback  ConditionType = "Fallback"  // a trigger fails for long, and the fallback stands in
	ConditionPaused    ConditionType = "Paused"    // an annotation pauses scaling
	ConditionHPAActive ConditionType = "HPAActive" // what the HPA of a ScaledObject says of itself
)

// KEDA's reasons of conditions.
const (
	ReasonScaledObjectReady           = "ScaledObjectReady"
	ReasonScaledObjectCheckFailed     = "ScaledObjectCheckFailed"
	ReasonScaledJobReady              = "ScaledJobReady"
	ReasonScaledJobCheckFailed        = "ScaledJobCheckFailed"
	ReasonTriggerError                = "TriggerError"
	ReasonPartialTriggerError         = "PartialTriggerError"
	ReasonErrorGettingCurrentReplicas = "ErrorGettingCurrentReplicas"

	ReasonScalerActive    = "ScalerActive"
	ReasonScalerNotActive = "ScalerNotActive"
	ReasonScalerCooldown  = "ScalerCooldown"
	ReasonUnknownState    = "UnknownState"

	ReasonFallbackExists  = "FallbackExists"
	ReasonNoFallbackFound = "NoFallbackFound"

	ReasonScaledObjectPaused   = "ScaledObjectPaused"
	ReasonScaledObjectUnpaused = "ScaledObjectUnpaused"
	ReasonScaledJobPaused      = "ScaledJobPaused"
	ReasonScaledJobUnpaused    = "ScaledJobUnpaused"

	ReasonHPAActive             = "HPAActive"
	ReasonScalingDisabled       = "ScalingDisabled"
	ReasonHPAMetricsUnavailable = "HPAMetricsUnavailable"
)

// A Condition is one thing that can be said of an object. It has no time, so
// that it changes only when there is news.
type Condition struct {
	// What the condition is about.
	Type ConditionType `json:"type"`
	// True, False or Unknown.
	Status metav1.ConditionStatus `json:"status"`
	// Why, in one word.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Why, for people.
	// +optional
	Message string `json:"message,omitempty"`
}

// Conditions has at most one [Condition] of a type.
type Conditions []Condition

// NewConditions returns those of a new object: nothing is known yet, and it is
// not paused.
func NewConditions() Conditions {
	return append(make(Conditions, 0, 5), // there is room for HPAActive
		Condition{Type: ConditionReady, Status: metav1.ConditionUnknown},
		Condition{Type: ConditionActive, Status: metav1.ConditionUnknown},
		Condition{Type: ConditionFallback, Status: metav1.ConditionUnknown},
		Condition{Type: ConditionPaused, Status: metav1.ConditionFalse},
	)
}

// GetCondition returns the condition of a type, and one with status Unknown if
// there is none.
func GetCondition(conditions Conditions, of ConditionType) Condition {
	for _, c := range conditions {
		if c.Type == of {
			return c
		}
	}
	return Condition{Type: of, Status: metav1.ConditionUnknown}
}

// SetCondition puts condition in the place of the one of its type, or at the
// end, and returns whether that changed anything.
func SetCondition(conditions *Conditions, condition Condition) (changed bool) {
	for i, c := range *conditions {
		if c.Type == condition.Type {
			(*conditions)[i] = condition
			return c != condition
		}
	}
	*conditions = append(*conditions, condition)
	return true
}

// RemoveCondition takes out the condition of a type, and returns whether there
// was one.
func RemoveCondition(conditions *Conditions, of ConditionType) (changed bool) {
	for i, c := range *conditions {
		if c.Type == of {
			*conditions = append((*conditions)[:i:i], (*conditions)[i+1:]...)
			return true
		}
	}
	return false
}
