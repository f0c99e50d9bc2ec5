package controller

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// An Outcome is what a round says about an object.
type Outcome struct {
	Ready, Active v1alpha1.Condition
	Fallback      v1alpha1.Condition // only of a ScaledObject
	Triggers      []TriggerOutcome   // in the order of the samples
}

// A TriggerOutcome is what a round says about a trigger.
type TriggerOutcome struct {
	Name     string
	Active   bool
	Err      string // empty if it was read
	Failures int    // in a row, if that matters to the object
}

// Readings returns what a round says about the triggers: what is wrong with
// them, and whether one that was read is active.
func Readings(round control.Round) (triggers []TriggerOutcome, problems []string, active bool) {
	for _, s := range round.Samples {
		t := TriggerOutcome{Name: s.Trigger}
		if s.Err != nil {
			t.Err = ReasonOf(s.Err)
			problems = append(problems, fmt.Sprintf("trigger %s: %s", s.Trigger, t.Err))
		} else {
			t.Active = s.Reading.IsActive(s.Metric)
			active = active || t.Active
		}
		triggers = append(triggers, t)
	}
	return triggers, problems, active
}

// ReadyAfter returns the condition Ready after a round, in which an active
// trigger may make up for problems. The reasons are those of a round that was
// not decided, and of a decision that was not carried out.
func (k Kind) ReadyAfter(round control.Round, problems []string, active bool, undecided, failed string) v1alpha1.Condition {
	set := func(status metav1.ConditionStatus, reason, message string) v1alpha1.Condition {
		return Condition(v1alpha1.ConditionReady, status, reason, message)
	}
	switch {
	case !round.Decided:
		return set(metav1.ConditionFalse, undecided, TextOf(round.Err))
	case round.Err != nil:
		return set(metav1.ConditionFalse, failed, TextOf(round.Err))
	case len(problems) == 0:
		return set(metav1.ConditionTrue, k.reason(reasonReady), "The object is valid and its triggers can be read")
	case active:
		return set(metav1.ConditionUnknown, v1alpha1.ReasonPartialTriggerError, strings.Join(problems, "; "))
	default:
		return set(metav1.ConditionFalse, v1alpha1.ReasonTriggerError, strings.Join(problems, "; "))
	}
}

// differs says whether an outcome says something else than the one before, and
// not only in other words.
func (o *Outcome) differs(before *Outcome) bool {
	if before == nil || len(o.Triggers) != len(before.Triggers) ||
		!Alike(o.Ready, before.Ready) || !Alike(o.Active, before.Active) || !Alike(o.Fallback, before.Fallback) {
		return true
	}
	for i, t := range o.Triggers {
		b := before.Triggers[i]
		if t.Name != b.Name || t.Active != b.Active || t.Failures != b.Failures || (t.Err == "") != (b.Err == "") {
			return true
		}
	}
	return false
}

// failedSince returns the triggers that did not fail before.
func (o *Outcome) failedSince(before *Outcome) []TriggerOutcome {
	var list []TriggerOutcome
	for i, t := range o.Triggers {
		if t.Err != "" && (before == nil || i >= len(before.Triggers) || before.Triggers[i].Name != t.Name || before.Triggers[i].Err == "") {
			list = append(list, t)
		}
	}
	return list
}
