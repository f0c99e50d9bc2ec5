package scaledjob

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// KEDA has no reason of Ready for these.
const (
	ReasonErrorCountingJobs = "ErrorCountingJobs"
	ReasonErrorCreatingJobs = "ErrorCreatingJobs"
)

// outcomeOf returns what a round says.
func outcomeOf(round control.Round) controller.Outcome {
	triggers, problems, active := controller.Readings(round)
	return controller.Outcome{
		Ready:    controller.ScaledJob.ReadyAfter(round, problems, active, ReasonErrorCountingJobs, ReasonErrorCreatingJobs),
		Active:   activeOf(round, len(problems)),
		Triggers: triggers,
	}
}

func activeOf(round control.Round, failing int) v1alpha1.Condition {
	active := func(status metav1.ConditionStatus, reason, message string) v1alpha1.Condition {
		return controller.Condition(v1alpha1.ConditionActive, status, reason, message)
	}
	switch {
	case !round.Decided:
		return active(metav1.ConditionUnknown, v1alpha1.ReasonUnknownState, "The Jobs could not be counted")
	case round.Job.Active:
		return active(metav1.ConditionTrue, v1alpha1.ReasonScalerActive, "A trigger is active, or minReplicaCount keeps Jobs running")
	case failing > 0 && failing == len(round.Samples):
		return active(metav1.ConditionFalse, v1alpha1.ReasonScalerNotActive, "No trigger can be read")
	case failing > 0:
		return active(metav1.ConditionUnknown, v1alpha1.ReasonUnknownState, "A trigger fails, and no other is active")
	default:
		return active(metav1.ConditionFalse, v1alpha1.ReasonScalerNotActive, "No trigger is active")
	}
}
