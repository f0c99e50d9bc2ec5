package scaledobject

import (
	"context"
	"fmt"
	"sync"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Reconciler reconciles ScaledObjects.
type Reconciler struct {
	Core *controller.Core

	// Statuses takes those of what Core.Cache holds.
	Statuses *Statuses

	// Provider answers the HPAs.
	Provider *hpa.Provider

	// Direct is the mode of objects that do not say one.
	Direct bool

	// MaxConcurrentReconciles is how many objects are reconciled at once.
	MaxConcurrentReconciles int

	objects controller.Objects[*object]
	hpas    *watch.Store[*watchedHPA]
	targets targets

	listing sync.Mutex
	listed  bool // the targets have those of all objects
}

// SetUp adds the Reconciler to a manager.
func (r *Reconciler) SetUp(ctx context.Context, m manager.Manager) error {
	if err := r.init(ctx); err != nil {
		return err
	}
	return r.objects.SetUp(m, r, r.MaxConcurrentReconciles)
}

func (r *Reconciler) init(ctx context.Context) (err error) {
	r.objects.Init(r.Core, controller.ScaledObject)
	r.Statuses.writes = r.writes
	if r.hpas, err = watch.Of(ctx, r.Core.Cache, &autoscalingv2.HorizontalPodAutoscaler{}, r.hpaChanged); err != nil {
		return fmt.Errorf("watching HPAs: %w", err)
	}
	return nil
}

// TargetChanged is for workload.Workloads.Changed.
func (r *Reconciler) TargetChanged(ref workload.Ref, _ workload.Change) {
	r.objects.Requests.Add(r.targets.of(ref)...)
}

// Reassign has the objects reconciled that have come to this replica, or have left
// it.
func (r *Reconciler) Reassign(ctx context.Context) error { return r.objects.Reassign(ctx) }

// Knows says whether what the HPA of an object may be told is known here.
func (r *Reconciler) Knows(name types.NamespacedName) bool {
	o, ok := r.objects.Get(name)
	if !ok {
		return false
	}
	defer o.Unlock()
	return o.Lock().known
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if !r.hpas.HasSynced() {
		return reconcile.Result{RequeueAfter: time.Second / 10}, nil
	}
	if err := r.listTargets(ctx); err != nil {
		return reconcile.Result{}, err
	}
	so := &v1alpha1.ScaledObject{}
	if err := r.Core.Client.Get(ctx, request.NamespacedName, so); apierrors.IsNotFound(err) {
		r.setTarget(request.NamespacedName, time.Time{}, nil)
		r.Statuses.drop(request.NamespacedName)
		r.objects.Forget(ctx, request.NamespacedName)
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, err
	}
	r.setTargetOf(so)
	if !r.Core.Reads(request.NamespacedName) {
		r.objects.Drop(ctx, request.NamespacedName)
		return reconcile.Result{}, nil
	}
	o, err := r.object(ctx, so)
	if err != nil {
		return reconcile.Result{}, err
	}
	defer r.objects.Settle(request.NamespacedName, o)
	ctx = o.Guard(ctx)
	if !so.DeletionTimestamp.IsZero() {
		return o.delete(ctx, so)
	}
	result, err := o.reconcile(ctx, so)
	if err == nil {
		o.Lock().known = true
		o.Unlock()
	}
	return result, err
}

// object returns what is known of an object, to which it adds the status unless that is
// known.
func (r *Reconciler) object(ctx context.Context, so *v1alpha1.ScaledObject) (*object, error) {
	o, ok := r.objects.Current(ctx, so)
	if ok && o.leads.Load() {
		return o, nil
	}
	if err := r.addStatus(ctx, so); err != nil {
		return nil, err
	}
	name := client.ObjectKeyFromObject(so)
	if ok {
		o.follow(so)
	} else {
		o = newObject(r, so)
		r.objects.Put(name, o)
	}
	if r.writes(name, so.UID) {
		r.Statuses.drop(name)
	}
	return o, nil
}

// listTargets makes the targets known of all objects that there are, before any
// of them is reconciled: the oldest of a target is to have it.
func (r *Reconciler) listTargets(ctx context.Context) error {
	r.listing.Lock()
	defer r.listing.Unlock()
	if r.listed {
		return nil
	}
	var list v1alpha1.ScaledObjectList
	if err := r.Core.Client.List(ctx, &list); err != nil {
		return err
	}
	for i := range list.Items {
		r.setTargetOf(&list.Items[i])
	}
	r.listed = true
	return nil
}

func (r *Reconciler) setTargetOf(so *v1alpha1.ScaledObject) {
	var target *workload.Ref
	if ref, err := refOf(so); err == nil && so.DeletionTimestamp.IsZero() {
		target = &ref
	}
	r.setTarget(client.ObjectKeyFromObject(so), so.CreationTimestamp.Time, target)
}

// setTarget takes note of an object's target, nil if it has none any more, and
// has the others of the target reconciled.
func (r *Reconciler) setTarget(name types.NamespacedName, created time.Time, target *workload.Ref) {
	r.objects.Requests.Add(r.targets.set(name, created, target)...)
}
