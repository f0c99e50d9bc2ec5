package scaledobject

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
)

// activate is for an object that is scaled by cpu and memory alone. The HPA does
// that, but from zero.
func (r *reconciliation) activate(ctx context.Context) error {
	o := r.object
	o.Stop()
	o.Count(&r.Reconciliation, false)
	if r.direct {
		return errors.New("triggers: cpu and memory are read by an HPA, and there is none in direct mode")
	}
	r.After(r.Interval)
	if r.replicas > 0 || !o.Owns() || r.policy.Pause.Out {
		return nil
	}
	n := max(1, r.policy.Min)
	if err := o.target.SetReplicas(ctx, n); err != nil {
		return err
	}
	o.Event(corev1.EventTypeNormal, controller.EventActivated, "Scaled %s from 0 to %d replicas, for an HPA leaves it at 0", targetName(o.target.Ref()), n)
	return nil
}

// pause stops scaling, at a number of replicas or at those that there are.
func (r *reconciliation) pause(ctx context.Context, at *int32) error {
	o := r.object
	stopped := o.Stop()
	o.Pause(&r.Reconciliation)
	s := o.Lock()
	s.status.PausedReplicaCount = at
	o.Unlock()
	if !o.Owns() {
		return nil
	}
	if err := o.deleteHPAs(ctx, r.so.HPAName(), o.hpaName()); err != nil {
		return err
	}
	o.setHPA("", nil)
	if at == nil {
		return nil
	}
	if err := r.findTarget(ctx); err != nil {
		return err
	}
	select {
	case <-stopped:
	case <-time.After(time.Second):
		r.After(time.Second) // a decision may be under way
		return nil
	}
	if r.replicas == int(*at) {
		return nil
	}
	if err := o.target.SetReplicas(ctx, int(*at)); err != nil {
		return err
	}
	o.Event(corev1.EventTypeNormal, controller.EventScaled, "Scaled %s from %d to %d replicas, where it is paused", targetName(o.target.Ref()), r.replicas, *at)
	return nil
}
