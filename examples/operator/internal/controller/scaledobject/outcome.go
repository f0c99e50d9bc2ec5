package scaledobject

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// ReasonErrorSettingReplicas is that of Ready while the target cannot be
// scaled. KEDA has no reason for it.
const ReasonErrorSettingReplicas = "ErrorSettingReplicas"

// An outcome is what a round says about a ScaledObject.
type outcome struct {
	ready, active, fallback v1alpha1.Condition
	triggers                []triggerOutcome // in the order of the samples
}

// A triggerOutcome is what a round says about a trigger.
type triggerOutcome struct {
	name     string
	active   bool
	err      string // empty if it was read
	failures int    // in a row, if there is a fallback: up to where it stands in
}

// outcomeOf returns what a round says.
func outcomeOf(round autoscale.Round, fallback *autoscale.Fallback) outcome {
	var o outcome
	d := round.Decision
	var problems []string
	answered := false // some trigger that can be read is active
	for _, s := range round.Samples {
		t := triggerOutcome{name: s.Trigger}
		if s.Err != nil {
			t.err = controller.ReasonOf(s.Err)
			if fallback != nil {
				t.failures = min(d.State.Failures[s.Trigger], fallback.Failures+1)
			}
			problems = append(problems, fmt.Sprintf("trigger %s: %s", s.Trigger, t.err))
		} else {
			t.active = s.Reading.IsActive(s.Metric)
			answered = answered || t.active
		}
		o.triggers = append(o.triggers, t)
	}
	for i := range d.Triggers {
		if t := &d.Triggers[i]; t.Trigger == autoscale.Formula && t.Err != "" {
			problems = append(problems, t.Err)
			answered = false
		}
	}
	o.ready = readyOf(round, problems, answered && d.Active)
	o.active = activeOf(round, len(problems) > 0)
	o.fallback = controller.Condition(v1alpha1.ConditionFallback, metav1.ConditionFalse, v1alpha1.ReasonNoFallbackFound, "No fallback stands in for a trigger")
	if d.Applied(autoscale.RuleFallback) || d.Applied(autoscale.RuleAbsent) {
		o.fallback = controller.Condition(v1alpha1.ConditionFallback, metav1.ConditionTrue, v1alpha1.ReasonFallbackExists, "A trigger fails for long, and the fallback stands in")
	}
	return o
}

func readyOf(round autoscale.Round, problems []string, active bool) v1alpha1.Condition {
	ready := func(status metav1.ConditionStatus, reason, message string) v1alpha1.Condition {
		return controller.Condition(v1alpha1.ConditionReady, status, reason, message)
	}
	switch {
	case !round.Decided:
		return ready(metav1.ConditionFalse, v1alpha1.ReasonErrorGettingCurrentReplicas, controller.TextOf(round.Err))
	case round.Err != nil:
		return ready(metav1.ConditionFalse, ReasonErrorSettingReplicas, controller.TextOf(round.Err))
	case len(problems) == 0:
		return ready(metav1.ConditionTrue, v1alpha1.ReasonScaledObjectReady, "The object is valid and its triggers can be read")
	case active:
		return ready(metav1.ConditionUnknown, v1alpha1.ReasonPartialTriggerError, strings.Join(problems, "; "))
	default:
		return ready(metav1.ConditionFalse, v1alpha1.ReasonTriggerError, strings.Join(problems, "; "))
	}
}

func activeOf(round autoscale.Round, failing bool) v1alpha1.Condition {
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

// isNews says whether an outcome says something else than the one before, and
// not only in other words.
func (o *outcome) isNews(before *outcome) bool {
	if before == nil || len(o.triggers) != len(before.triggers) ||
		!controller.Alike(o.ready, before.ready) || !controller.Alike(o.active, before.active) || !controller.Alike(o.fallback, before.fallback) {
		return true
	}
	for i, t := range o.triggers {
		b := before.triggers[i]
		if t.name != b.name || t.active != b.active || t.failures != b.failures || (t.err == "") != (b.err == "") {
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
