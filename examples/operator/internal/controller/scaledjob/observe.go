package scaledjob

import (
	"errors"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// observe takes in what came of a round.
func (o *object) observe(round control.Round) {
	s := o.Lock()
	defer o.Unlock()
	if s.Gone {
		return
	}
	s.policy = round.Job.State
	if round.Decided && round.Job.Active {
		at := metav1.NewTime(round.Time)
		s.status.LastActiveTime = &at
	}
	now := outcomeOf(round)
	o.observeActive(s, now.Active)
	o.Observe(s, round, now, o.observeJobs(s, round))
	if s.cleanup != nil && s.cleanup.needed(o.reconciler.Tracker, o.Name) {
		o.reconciler.cleanups.Add(o.Name)
	}
}

// observeActive reports when the object becomes active and inactive.
func (o *object) observeActive(s *state, now v1alpha1.Condition) {
	if s.Condition(v1alpha1.ConditionActive).Status == now.Status {
		return
	}
	switch now.Status {
	case metav1.ConditionTrue:
		o.Event(corev1.EventTypeNormal, controller.EventScaledJobActive, "%s", now.Message)
	case metav1.ConditionFalse:
		o.Event(corev1.EventTypeNormal, controller.EventScaledJobInactive, "%s", now.Message)
	}
}

// observeJobs reports Jobs that were created, and returns whether there were
// some.
func (o *object) observeJobs(s *state, round control.Round) bool {
	var steps []string
	if round.Created > 0 { // or else nobody reads them
		for _, s := range round.Job.Steps {
			steps = append(steps, s.String())
		}
	}
	unanswered := 0
	if failed := (*jobs.CreateError)(nil); errors.As(round.Err, &failed) {
		unanswered = failed.Unanswered
	}
	if round.Created > unanswered {
		o.Event(corev1.EventTypeNormal, controller.EventJobsCreated, "Created %d of %d Jobs: %s",
			round.Created-unanswered, round.Job.Create, strings.Join(steps, "; "))
	}
	if round.Err != nil && round.Decided {
		o.Event(corev1.EventTypeWarning, controller.EventJobCreateFailed, "%s", controller.TextOf(round.Err))
	}
	if round.Created == 0 {
		return false
	}
	s.status.Decision = &v1alpha1.JobDecision{Create: int32(round.Job.Create), Time: metav1.NewTime(round.Time), Steps: steps}
	return true
}
