package scaledjob

import (
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// An object is what is known of a ScaledJob beyond what it says itself.
type object struct {
	*controller.Object[*state]
	reconciler *Reconciler

	// These belong to the Reconciler, which reconciles an object once at a time.
	generation int64  // of the target
	target     string // digest of jobTargetRef as it is stored
}

// A state is what the mutex of an object guards.
type state struct {
	controller.State
	status  v1alpha1.ScaledJobStatus // but for what is made of the next
	policy  autoscale.JobState
	cleanup *cleanup // nil: no Jobs are to be deleted
}

// newObject returns what is known of an object that is seen for the first time.
func newObject(r *Reconciler, sj *v1alpha1.ScaledJob) *object {
	s := &state{status: *sj.Status.DeepCopy()}
	s.Fields = controller.Fields{
		Conditions:           &s.status.Conditions,
		ExternalMetricNames:  &s.status.ExternalMetricNames,
		TriggersTypes:        &s.status.TriggersTypes,
		AuthenticationsTypes: &s.status.AuthenticationsTypes,
	}
	s.Activities = controller.TakeActivities(&s.status.TriggersActivity)
	if raw := s.status.PolicyState; raw != nil && json.Unmarshal(raw.Raw, &s.policy) != nil {
		s.policy = autoscale.JobState{}
	}
	return &object{
		Object:     controller.NewObject(r.Core, controller.ScaledJob, sj, r.objects.Started, s),
		reconciler: r,
	}
}

// Stop ends the Loop of the object. Its Jobs are left alone.
func (o *object) Stop() <-chan struct{} {
	stopped := o.Object.Stop()
	s := o.Lock()
	defer o.Unlock()
	s.cleanup = nil
	return stopped
}

// Status implements controller.Guarded.
func (s *state) Status() (whole, news any) {
	status := s.status.DeepCopy()
	status.TriggersActivity = s.Activities.Status()
	plain := *status
	plain.PolicyState, plain.LastActiveTime = nil, nil
	if raw, err := json.Marshal(s.policy); err == nil {
		status.PolicyState = &runtime.RawExtension{Raw: raw}
	}
	return status, plain
}

// commit writes into the status which readings have been used, before Jobs are
// created for them.
func (o *object) commit(ctx context.Context, policy autoscale.JobState) error {
	if !o.Owns() {
		return controller.ErrNotLeading
	}
	s := o.Lock()
	s.policy = policy
	s.Commit()
	o.Unlock()
	return o.WriteStatus(ctx)
}
