package scaledjob

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Reconciler reconciles ScaledJobs.
type Reconciler struct {
	Core *controller.Core

	// Tracker knows the Jobs that there are.
	Tracker *jobs.Tracker

	// Version is the operator's, for the labels of Jobs.
	Version string

	// MaxConcurrentReconciles is how many objects are reconciled at once.
	MaxConcurrentReconciles int

	objects  controller.Objects[*object]
	cleanups workqueue.TypedRateLimitingInterface[types.NamespacedName]
}

// SetUp adds the Reconciler to a manager.
func (r *Reconciler) SetUp(ctx context.Context, m manager.Manager) error {
	r.init()
	if err := r.Tracker.Watch(ctx, r.Core.Cache); err != nil {
		return err
	}
	if err := r.objects.SetUp(m, r, r.MaxConcurrentReconciles); err != nil {
		return err
	}
	return m.Add(controller.Everywhere(r.cleanUp))
}

func (r *Reconciler) init() {
	r.objects.Init(r.Core, controller.ScaledJob)
	r.cleanups = workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](controller.FirstRetry, controller.LastRetry))
}

// Reassign has the objects reconciled that have come to this replica, or have left
// it.
func (r *Reconciler) Reassign(ctx context.Context) error { return r.objects.Reassign(ctx) }

// Reconcile implements reconcile.Reconciler. A replica does nothing for objects that
// are not its own: once they are, they are reconciled.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if !r.Core.Owns(request.NamespacedName) {
		r.objects.Drop(ctx, request.NamespacedName)
		return reconcile.Result{}, nil
	}
	sj := &v1alpha1.ScaledJob{}
	if err := r.Core.Client.Get(ctx, request.NamespacedName, sj); apierrors.IsNotFound(err) {
		r.objects.Forget(ctx, request.NamespacedName)
		r.Tracker.Forget(request.NamespacedName)
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, err
	}
	o, sj, err := r.object(ctx, sj)
	if err != nil {
		return reconcile.Result{}, err
	}
	defer r.objects.Settle(request.NamespacedName, o)
	ctx = o.Guard(ctx)
	if !sj.DeletionTimestamp.IsZero() {
		// There is nothing to do before it is gone, for its Jobs go with it.
		// KEDA leaves a finalizer on its objects.
		o.Stop()
		return reconcile.Result{}, o.SetFinalizer(ctx, sj, false)
	}
	return o.reconcile(ctx, sj)
}

// object returns what is known of an object, and the object itself as it is
// now. It reads that from the API server if it is new or has changed: for what
// another leader has written last, and for its jobTargetRef as it is stored.
func (r *Reconciler) object(ctx context.Context, sj *v1alpha1.ScaledJob) (*object, *v1alpha1.ScaledJob, error) {
	o, ok := r.objects.Current(ctx, sj)
	if ok && o.generation == sj.Generation {
		return o, sj, nil
	}
	name := client.ObjectKeyFromObject(sj)
	latest, target, err := r.stored(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	if latest.UID != sj.UID {
		return nil, nil, fmt.Errorf("ScaledJob %s has been recreated, which the cache does not know yet", name)
	}
	if !ok {
		r.Tracker.Forget(name) // another replica may have created Jobs that no watch has told of yet
		o = newObject(r, latest)
		r.objects.Put(name, o)
	}
	o.generation, o.target = latest.Generation, target
	return o, latest, nil
}

// stored reads an object from the API server, with a digest of its jobTargetRef
// as it is there: what our types make of it may be something else in another
// version of them.
func (r *Reconciler) stored(ctx context.Context, name types.NamespacedName) (sj *v1alpha1.ScaledJob, target string, err error) {
	raw := &unstructured.Unstructured{}
	raw.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(string(controller.ScaledJob)))
	if err := r.Core.Live.Get(ctx, name, raw); err != nil {
		return nil, "", err
	}
	sj = &v1alpha1.ScaledJob{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw.Object, sj); err != nil {
		return nil, "", fmt.Errorf("reading ScaledJob %s: %w", name, err)
	}
	ref, _, err := unstructured.NestedFieldNoCopy(raw.Object, "spec", "jobTargetRef")
	if err != nil {
		return nil, "", fmt.Errorf("reading ScaledJob %s: %w", name, err)
	}
	text, err := json.Marshal(ref)
	if err != nil {
		return nil, "", fmt.Errorf("reading ScaledJob %s: %w", name, err)
	}
	return sj, fmt.Sprintf("%x", sha256.Sum256(text)), nil
}
