package scaledobject

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// ReasonErrorSettingReplicas is that of Ready while the target cannot be
// scaled. KEDA has no reason for it.
const ReasonErrorSettingReplicas = "ErrorSettingReplicas"

// outcomeOf returns what a round says.
func outcomeOf(round control.Round, fallback *autoscale.Fallback) controller.Outcome {
	d := round.Decision
	triggers, problems, answered := controller.Readings(round)
	if fallback != nil {
		for i, t := range triggers {
			if t.Err != "" { // up to where the fallback stands in
				triggers[i].Failures = min(d.State.Failures[t.Name], fallback.Failures+1)
			}
		}
	}
	for i := range d.Triggers {
		if t := &d.Triggers[i]; t.Trigger == autoscale.Formula && t.Err != "" {
			problems = append(problems, t.Err)
			answered = false
		}
	}
	o := controller.Outcome{
		Ready:    controller.ScaledObject.ReadyAfter(round, problems, answered && d.Active, v1alpha1.ReasonErrorGettingCurrentReplicas, ReasonErrorSettingReplicas),
		Active:   activeOf(round, len(problems) > 0),
		Fallback: controller.Condition(v1alpha1.ConditionFallback, metav1.ConditionFalse, v1alpha1.ReasonNoFallbackFound, "No fallback stands in for a trigger"),
		Triggers: triggers,
	}
	if d.Applied(autoscale.RuleFallback) || d.Applied(autoscale.RuleAbsent) {
		o.Fallback = controller.Condition(v1alpha1.ConditionFallback, metav1.ConditionTrue, v1alpha1.ReasonFallbackExists, "A trigger fails for long, and the fallback stands in")
	}
	return o
}

func activeOf(round control.Round, failing bool) v1alpha1.Condition {
	active := func(status metav1.ConditionStatus, reason, message string) v1alpha1.Condition {
		return controller.Condition(v1alpha1.ConditionActive, status, reason, message)
	}
	switch d := round.Decision; {
	case !round.Decided:
		return active(metav1.ConditionUnknown, v1alpha1.ReasonUnknownState, "The replicas of the target are not known")
	case d.Active:
		return active(metav1.ConditionTrue, v1alpha1.ReasonScalerActive, "A trigger calls for at least one replica")
	case failing:
		return active(metav1.ConditionUnknown, v1alpha1.ReasonUnknownState, "A trigger fails, and no other is active")
	case d.Applied(autoscale.RuleCooldown):
		return active(metav1.ConditionFalse, v1alpha1.ReasonScalerCooldown, "No trigger is active, but not for long enough")
	default:
		return active(metav1.ConditionFalse, v1alpha1.ReasonScalerNotActive, "No trigger is active")
	}
}
