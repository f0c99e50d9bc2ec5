package scaledobject

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/api/v1alpha1"
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
			t.err = reason(s.Err)
			if fallback != nil {
				t.failures = min(d.State.Failures[s.Trigger], fallback.Failures+1)
			}
			problems = append(problems, fmt.Sprintf("trigger %s: %s", s.Trigger, t.err))
		} else {
			t.active = s.Reading.Active
			answered = answered || t.active
		}
		o.triggers = append(o.triggers, t)
	}
	for i := range d.Calls {
		if c := &d.Calls[i]; c.Trigger == autoscale.Formula && c.Error != "" {
			problems = append(problems, c.Error)
			answered = false
		}
	}
	o.ready = readyOf(round, problems, answered && d.Active)
	o.active = activeOf(round, len(problems) > 0)
	o.fallback = condition(v1alpha1.ConditionFallback, metav1.ConditionFalse, v1alpha1.ReasonNoFallbackFound, "No fallback stands in for a trigger")
	if d.Applied(autoscale.RuleFallback) || d.Applied(autoscale.RuleAbsent) {
		o.fallback = condition(v1alpha1.ConditionFallback, metav1.ConditionTrue, v1alpha1.ReasonFallbackExists, "A trigger fails for long, and the fallback stands in")
	}
	return o
}

func readyOf(round autoscale.Round, problems []string, active bool) v1alpha1.Condition {
	ready := func(status metav1.ConditionStatus, reason, message string) v1alpha1.Condition {
		return condition(v1alpha1.ConditionReady, status, reason, message)
	}
	switch {
	case !round.Decided:
		return ready(metav1.ConditionFalse, v1alpha1.ReasonErrorGettingCurrentReplicas, textOf(round.Err))
	case round.Err != nil:
		return ready(metav1.ConditionFalse, ReasonErrorSettingReplicas, textOf(round.Err))
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
		return condition(v1alpha1.ConditionActive, status, reason, message)
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

func condition(of v1alpha1.ConditionType, status metav1.ConditionStatus, reason, message string) v1alpha1.Condition {
	return v1alpha1.Condition{Type: of, Status: status, Reason: reason, Message: message}
}

// reason returns why a trigger failed, also while its source is left alone.
func reason(err error) string {
	if b := (*autoscale.BackoffError)(nil); errors.As(err, &b) {
		err = b.Err
	}
	return textOf(err)
}

// textOf returns an error on one line.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}

// isNews says whether an outcome says something else than the one before, and
// not only in other words.
func (o *outcome) isNews(before *outcome) bool {
	if before == nil || len(o.triggers) != len(before.triggers) ||
		!alike(o.ready, before.ready) || !alike(o.active, before.active) || !alike(o.fallback, before.fallback) {
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

// alike says whether two conditions differ in nothing but their words.
func alike(a, b v1alpha1.Condition) bool { return a.Status == b.Status && a.Reason == b.Reason }

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
