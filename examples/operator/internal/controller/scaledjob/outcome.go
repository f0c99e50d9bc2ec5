package scaledjob

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// KEDA has no reason of Ready for these.
const (
	ReasonErrorCountingJobs = "ErrorCountingJobs"
	ReasonErrorCreatingJobs = "ErrorCreatingJobs"
)

// An outcome is what a round says about a ScaledJob.
type outcome struct {
	ready, active v1alpha1.Condition
	triggers      []triggerOutcome // in the order of the samples
}

// A triggerOutcome is what a round says about a trigger.
type triggerOutcome struct {
	name   string
	active bool
	err    string // empty if it was read
}

func outcomeOf(round autoscale.Round) outcome {
	var o outcome
	var problems []string
	answered := false // some trigger that can be read is active
	for _, s := range round.Samples {
		t := triggerOutcome{name: s.Trigger}
		if s.Err != nil {
			t.err = controller.ReasonOf(s.Err)
			problems = append(problems, fmt.Sprintf("trigger %s: %s", s.Trigger, t.err))
		} else {
			t.active = s.Reading.IsActive(s.Metric)
			answered = answered || t.active
		}
		o.triggers = append(o.triggers, t)
	}
	o.ready = readyOf(round, problems, answered)
	o.active = activeOf(round, len(problems))
	return o
}

func readyOf(round autoscale.Round, problems []string, active bool) v1alpha1.Condition {
	ready := func(status metav1.ConditionStatus, reason, message string) v1alpha1.Condition {
		return controller.Condition(v1alpha1.ConditionReady, status, reason, message)
	}
	switch {
	case !round.Decided:
		return ready(metav1.ConditionFalse, ReasonErrorCountingJobs, controller.TextOf(round.Err))
	case round.Err != nil:
		return ready(metav1.ConditionFalse, ReasonErrorCreatingJobs, controller.TextOf(round.Err))
	case len(problems) == 0:
		return ready(metav1.ConditionTrue, v1alpha1.ReasonScaledJobReady, "The object is valid and its triggers can be read")
	case active:
		return ready(metav1.ConditionUnknown, v1alpha1.ReasonPartialTriggerError, strings.Join(problems, "; "))
	default:
		return ready(metav1.ConditionFalse, v1alpha1.ReasonTriggerError, strings.Join(problems, "; "))
	}
}

func activeOf(round autoscale.Round, failing int) v1alpha1.Condition {
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

// isNews says whether an outcome says something else than the one before, and
// not only in other words.
func (o *outcome) isNews(before *outcome) bool {
	if before == nil || len(o.triggers) != len(before.triggers) ||
		!controller.Alike(o.ready, before.ready) || !controller.Alike(o.active, before.active) {
		return true
	}
	for i, t := range o.triggers {
		b := before.triggers[i]
		if t.name != b.name || t.active != b.active || (t.err == "") != (b.err == "") {
			return true
		}
	}
	return false
}

// failed returns the triggers that did not fail before.
func (o *outcome) failed(before *outcome) []triggerOutcome {
	var list []triggerOutcome
	for i, t := range o.triggers {
		if t.err != "" && (before == nil || i >= len(before.triggers) || before.triggers[i].name != t.name || before.triggers[i].err == "") {
			list = append(list, t)
		}
	}
	return list
}
