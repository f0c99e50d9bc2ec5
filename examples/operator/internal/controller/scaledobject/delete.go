package scaledobject

import (
	"context"
	"errors"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// restoreAttempts is how often it is tried to put back the original replicas.
// After that the object goes without.
const restoreAttempts = 5

// delete does what is to be done before an object is gone.
func (o *object) delete(ctx context.Context, so *v1alpha1.ScaledObject) (reconcile.Result, error) {
	stopped := o.Stop()
	if !o.Owns() || !slices.Contains(so.Finalizers, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	select {
	case <-stopped:
	case <-time.After(time.Second):
		return reconcile.Result{RequeueAfter: time.Second}, nil
	}
	if err := o.deleteHPAs(ctx, so.HPAName(), o.hpaName()); err != nil {
		return reconcile.Result{}, err
	}
	if err := o.restore(ctx, so); err != nil {
		if o.failedDelete++; o.failedDelete < restoreAttempts {
			return reconcile.Result{}, err
		}
		o.Event(corev1.EventTypeWarning, controller.EventDeactivationFailed, "The original replicas are not put back: %s", controller.TextOf(err))
	}
	return reconcile.Result{}, o.SetFinalizer(ctx, so, false)
}

// restore puts back the replicas that there were at first, if it is to.
func (o *object) restore(ctx context.Context, so *v1alpha1.ScaledObject) error {
	original := o.Lock().status.OriginalReplicaCount
	o.Unlock()
	if a := so.Spec.Advanced; a == nil || !a.RestoreToOriginalReplicaCount || original == nil {
		return nil
	}
	ref, err := refOf(so)
	if err != nil {
		return err
	}
	target, err := o.Core.Workloads.Target(ctx, ref)
	if err != nil {
		return err
	}
	replicas, err := target.Replicas(ctx)
	if errors.Is(err, workload.ErrMissing) || err == nil && replicas == int(*original) {
		return nil
	}
	if err != nil {
		return err
	}
	return target.SetReplicas(ctx, int(*original))
}
