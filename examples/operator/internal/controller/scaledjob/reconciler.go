package scaledjob

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	runtimecontroller "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// A Reconciler takes care of ScaledJobs.
type Reconciler struct {
	*controller.Core

	// Tracker knows the Jobs that there are.
	Tracker *jobs.Tracker

	// Version is the operator's, for the labels of Jobs.
	Version string

	// Reconciles is how many objects are taken care of at once.
	Reconciles int

	requests controller.Requests
	refs     controller.Refs
	cleaning workqueue.TypedRateLimitingInterface[types.NamespacedName]
	began    time.Time

	mu      sync.Mutex
	objects map[types.NamespacedName]*object
}

// SetUp adds the Reconciler to a manager.
func (r *Reconciler) SetUp(ctx context.Context, m manager.Manager) error {
	r.init()
	if err := r.Tracker.Watch(ctx, r.Cache); err != nil {
		return err
	}
	every := false // the queue is to be full when this replica is elected
	err := builder.ControllerManagedBy(m).
		Named("scaledjob").
		For(&v1alpha1.ScaledJob{}, builder.WithPredicates(predicate.Funcs{UpdateFunc: isChange})).
		WatchesRawSource(&r.requests).
		WithOptions(runtimecontroller.Options{
			MaxConcurrentReconciles: r.Reconciles,
			NeedLeaderElection:      &every,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		}).
		Complete(r)
	if err != nil {
		return err
	}
	for _, runnable := range []manager.RunnableFunc{r.lead, r.clean} {
		if err := m.Add(runnable); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciler) init() {
	r.began = time.Now()
	r.objects = make(map[types.NamespacedName]*object)
	r.refs = controller.Refs{Cache: r.Cache, Requests: &r.requests}
	r.cleaning = workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](firstRetry, lastRetry))
}

// lead has all objects taken care of once this replica is the leader.
func (r *Reconciler) lead(ctx context.Context) error {
	select {
	case <-r.Elected: // which it is only after what needs it has been started
	case <-ctx.Done():
		return nil
	}
	var list v1alpha1.ScaledJobList
	if err := r.Client.List(ctx, &list); err != nil {
		return err
	}
	for i := range list.Items {
		r.requests.Add(client.ObjectKeyFromObject(&list.Items[i]))
	}
	return nil
}

// isChange says whether an object is another than before, apart from its
// status.
func isChange(e event.UpdateEvent) bool {
	return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
		e.ObjectOld.GetUID() != e.ObjectNew.GetUID() ||
		!e.ObjectNew.GetDeletionTimestamp().IsZero() ||
		!maps.Equal(e.ObjectOld.GetAnnotations(), e.ObjectNew.GetAnnotations()) ||
		!maps.Equal(e.ObjectOld.GetLabels(), e.ObjectNew.GetLabels())
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if !r.Leads() {
		return reconcile.Result{}, nil // see lead
	}
	sj := &v1alpha1.ScaledJob{}
	err := r.Client.Get(ctx, request.NamespacedName, sj)
	if err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(ctx, request.NamespacedName)
			return reconcile.Result{}, nil
		}
		return reconcile.Result{}, err
	}
	o, sj, err := r.object(ctx, sj)
	if err != nil {
		return reconcile.Result{}, err
	}
	if !sj.DeletionTimestamp.IsZero() {
		return o.delete(ctx, sj)
	}
	care := care{object: o, sj: sj}
	if err := care.take(ctx); err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Result{RequeueAfter: care.again}, nil
}

// object returns what is known of an object, and the object itself as it is
// now. It reads that from the API server if it is new or has changed: for what
// another leader has written last, and for its jobTargetRef as it is stored.
func (r *Reconciler) object(ctx context.Context, sj *v1alpha1.ScaledJob) (*object, *v1alpha1.ScaledJob, error) {
	name := client.ObjectKeyFromObject(sj)
	r.mu.Lock()
	o := r.objects[name]
	r.mu.Unlock()
	if o != nil && o.uid != sj.UID {
		r.forget(ctx, name) // it has been deleted and made anew meanwhile
		o = nil
	}
	if o != nil && o.generation == sj.Generation {
		return o, sj, nil
	}
	latest, target, err := r.stored(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	if latest.UID != sj.UID {
		return nil, nil, fmt.Errorf("ScaledJob %s has been made anew, which the cache does not know yet", name)
	}
	if o == nil {
		o = newObject(r, latest)
	}
	o.generation, o.target = latest.Generation, target
	r.mu.Lock()
	defer r.mu.Unlock()
	r.objects[name] = o
	return o, latest, nil
}

// stored reads an object from the API server, with a digest of its jobTargetRef
// as it is there: what our types make of it may be something else in another
// version of them.
func (r *Reconciler) stored(ctx context.Context, name types.NamespacedName) (sj *v1alpha1.ScaledJob, target string, err error) {
	raw := &unstructured.Unstructured{}
	raw.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(string(controller.ScaledJob)))
	if err := r.Live.Get(ctx, name, raw); err != nil {
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
	digest := controller.DigestOf(ref)
	return sj, hex.EncodeToString(digest[:]), nil
}

// forget forgets an object that does not exist any more.
func (r *Reconciler) forget(ctx context.Context, name types.NamespacedName) {
	r.mu.Lock()
	o := r.objects[name]
	delete(r.objects, name)
	r.mu.Unlock()
	if err := r.refs.Set(ctx, name, nil); err != nil {
		r.Logger.WarnContext(ctx, "cannot forget what an object refers to", "error", err)
	}
	if o != nil {
		o.stop()
		o.mu.Lock()
		o.gone = true
		o.mu.Unlock()
		o.event("Warning", controller.EventScaledJobDeleted, "The ScaledJob was deleted")
	}
	r.Tracker.Forget(name)
	r.Telemetry.Delete(controller.ScaledJob.Key(name))
}
