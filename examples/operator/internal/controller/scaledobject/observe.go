package scaledobject

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// publish answers the HPA by the readings before the target has the replicas: an
// HPA that sees these replicas, none of which are there yet, and the readings
// of before, which were zero, scales down to its minimum.
func (o *object) publish(round control.Round) {
	s := o.Lock()
	defer o.Unlock()
	if s.metrics != nil && !s.Gone {
		o.reconciler.Provider.Publish(o.owner(), s.metrics.Values(round))
	}
}

// observe takes in what came of a round.
func (o *object) observe(round control.Round) {
	s := o.Lock()
	defer o.Unlock()
	if s.Gone {
		return
	}
	if s.metrics != nil {
		o.reconciler.Provider.Publish(o.owner(), s.metrics.Values(round))
	}
	s.policy = round.Decision.State
	now := outcomeOf(round, s.fallback)
	before := s.hpaInput()
	o.observeFallback(s, now)
	o.Observe(s, round, now, o.observeReplicas(s, round))
	if s.hpaInput() != before {
		o.reconciler.objects.Requests.Add(o.Name)
	}
}

// An hpaInput is what an HPA depends on besides what the object says.
type hpaInput struct {
	active  metav1.ConditionStatus // if it has another minimum by that
	limited bool                   // it needs another tolerance by that
}

func (s *state) hpaInput() (is hpaInput) {
	if s.hasIdle {
		is.active = s.Condition(v1alpha1.ConditionActive).Status
	}
	if s.metrics != nil {
		is.limited = s.isLimited()
	}
	return is
}

// isLimited says whether a source has stated how many replicas find work there.
func (s *state) isLimited() bool {
	return slices.ContainsFunc(s.Activities, func(a controller.TriggerActivity) bool { return a.Limit > 0 })
}

// observeFallback reports when the fallback comes and goes.
func (o *object) observeFallback(s *state, now controller.Outcome) {
	before := s.Condition(v1alpha1.ConditionFallback).Status == metav1.ConditionTrue
	switch after := now.Fallback.Status == metav1.ConditionTrue; {
	case after && !before:
		o.Event(corev1.EventTypeNormal, controller.EventFallbackActivated, "The fallback stands in for triggers that fail")
	case before && !after:
		o.Event(corev1.EventTypeNormal, controller.EventFallbackDeactivated, "No trigger needs the fallback any more")
	}
}

// observeReplicas reports a change of replicas, and returns whether there was
// one.
func (o *object) observeReplicas(s *state, round control.Round) bool {
	if !round.Decided {
		return false
	}
	d, before := round.Decision, s.replicas
	s.replicas = d.Replicas
	if round.Err != nil {
		s.replicas = round.Current
		reason := controller.EventActivationFailed
		if d.Replicas < round.Current {
			reason = controller.EventDeactivationFailed
		}
		if s.Condition(v1alpha1.ConditionReady).Reason != ReasonErrorSettingReplicas {
			o.Event(corev1.EventTypeWarning, reason, "%s: %s", s.target, controller.TextOf(round.Err))
		}
		return false
	}
	changed := false
	if before >= 0 && before != round.Current {
		changed = true
		reasons := steps(called(d))
		s.setDecision(round.Current, round.Time, reasons)
		o.Event(corev1.EventTypeNormal, controller.EventScaled, "%s went from %d to %d replicas by its HPA or by hand: %s",
			s.target, before, round.Current, strings.Join(reasons, "; "))
	}
	if d.Replicas == round.Current {
		return changed
	}
	s.setDecision(d.Replicas, round.Time, steps(d.Steps))
	reason := controller.EventScaled
	switch {
	case d.Applied(autoscale.RuleActivated):
		reason = controller.EventActivated
	case d.Applied(autoscale.RuleDeactivated):
		reason = controller.EventDeactivated
	}
	o.Event(corev1.EventTypeNormal, reason, "Scaled %s from %d to %d replicas: %s",
		s.target, round.Current, d.Replicas, strings.Join(steps(d.Steps), "; "))
	return true
}

// setDecision keeps why there are so many replicas.
func (s *state) setDecision(replicas int, at time.Time, steps []string) {
	s.status.Decision = &v1alpha1.Decision{Replicas: int32(replicas), Time: metav1.NewTime(at), Steps: steps}
}

// called returns what the triggers call for, which is what an HPA goes by, or
// the whole decision where that did not matter.
func called(d autoscale.Decision) []autoscale.Step {
	var list []autoscale.Step
	for _, s := range d.Steps {
		if s.Trigger != "" {
			list = append(list, s)
		}
	}
	if list == nil {
		return d.Steps
	}
	return list
}

func steps(list []autoscale.Step) []string {
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = list[i].String()
	}
	return texts
}
