package scaledobject

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Reconciler takes care of ScaledObjects.
type Reconciler struct {
	*controller.Core

	// Provider answers the HPAs.
	Provider *hpa.Provider

	// Direct is the mode of objects that do not say one.
	Direct bool

	// Reconciles is how many objects are taken care of at once.
	Reconciles int

	hpas     *watch.Store[*watchedHPA]
	requests controller.Requests
	refs     controller.Refs
	targets  targets
	began    time.Time

	filling sync.Mutex
	filled  bool // the targets, with all objects that there are

	mu      sync.Mutex
	objects map[types.NamespacedName]*object
}

// SetUp adds the Reconciler to a manager.
func (r *Reconciler) SetUp(ctx context.Context, m manager.Manager) error {
	if err := r.init(ctx); err != nil {
		return err
	}
	every := false
	err := builder.ControllerManagedBy(m).
		Named("scaledobject").
		For(&v1alpha1.ScaledObject{}, builder.WithPredicates(predicate.Funcs{UpdateFunc: isChange})).
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
	return m.Add(manager.RunnableFunc(r.lead))
}

func (r *Reconciler) init(ctx context.Context) (err error) {
	r.began = time.Now()
	r.objects = make(map[types.NamespacedName]*object)
	r.refs = controller.Refs{Cache: r.Cache, Requests: &r.requests}
	if r.hpas, err = watch.Of(ctx, r.Cache, &autoscalingv2.HorizontalPodAutoscaler{}, r.hpaChanged); err != nil {
		return fmt.Errorf("watching HPAs: %w", err)
	}
	return nil
}

// lead has all objects looked at once this replica is the leader: there may be
// something to write.
func (r *Reconciler) lead(ctx context.Context) error {
	select {
	case <-r.Elected: // which it is only after what needs it has been started
	case <-ctx.Done():
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.objects {
		r.requests.Add(name)
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

// TargetChanged is for workload.Workloads.Changed.
func (r *Reconciler) TargetChanged(ref workload.Ref, _ workload.Change) {
	r.requests.Add(r.targets.of(ref)...)
}

const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if !r.hpas.HasSynced() {
		return reconcile.Result{RequeueAfter: time.Second / 10}, nil
	}
	if err := r.fill(ctx); err != nil {
		return reconcile.Result{}, err
	}
	so := &v1alpha1.ScaledObject{}
	if err := r.Client.Get(ctx, request.NamespacedName, so); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(ctx, request.NamespacedName)
			return reconcile.Result{}, nil
		}
		return reconcile.Result{}, err
	}
	r.aim(so)
	o := r.object(ctx, so)
	if !so.DeletionTimestamp.IsZero() {
		return o.delete(ctx, so)
	}
	care := care{object: o, so: so}
	if err := care.take(ctx); err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Result{RequeueAfter: care.again}, nil
}

// fill makes the targets known of all objects that there are, before any of them
// is taken care of: the oldest of a target is to have it.
func (r *Reconciler) fill(ctx context.Context) error {
	r.filling.Lock()
	defer r.filling.Unlock()
	if r.filled {
		return nil
	}
	var list v1alpha1.ScaledObjectList
	if err := r.Client.List(ctx, &list); err != nil {
		return err
	}
	for i := range list.Items {
		r.aim(&list.Items[i])
	}
	r.filled = true
	return nil
}

// aim takes note of an object's target, and has the others of the target looked
// at.
func (r *Reconciler) aim(so *v1alpha1.ScaledObject) {
	var ref *workload.Ref
	if of, err := refOf(so); err == nil && so.DeletionTimestamp.IsZero() {
		ref = &of
	}
	r.requests.Add(r.targets.set(client.ObjectKeyFromObject(so), so.CreationTimestamp.Time, ref)...)
}

// object returns what is known of an object.
func (r *Reconciler) object(ctx context.Context, so *v1alpha1.ScaledObject) *object {
	name := client.ObjectKeyFromObject(so)
	r.mu.Lock()
	o := r.objects[name]
	r.mu.Unlock()
	if o != nil && o.uid == so.UID {
		o.follow(so)
		return o
	}
	if o != nil {
		r.forget(ctx, name) // it has been deleted and made anew meanwhile
	}
	o = newObject(r, so)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.objects[name] = o
	return o
}

// forget forgets an object that does not exist any more.
func (r *Reconciler) forget(ctx context.Context, name types.NamespacedName) {
	r.mu.Lock()
	o := r.objects[name]
	delete(r.objects, name)
	r.mu.Unlock()
	r.requests.Add(r.targets.set(name, time.Time{}, nil)...)
	if err := r.refs.Set(ctx, name, nil); err != nil {
		r.Logger.WarnContext(ctx, "cannot forget what an object refers to", "error", err)
	}
	if o != nil {
		o.stop()
		o.mu.Lock()
		o.gone = true
		o.mu.Unlock()
		o.event("Warning", controller.EventScaledObjectDeleted, "The ScaledObject was deleted")
	}
	r.Telemetry.Delete(controller.ScaledObject.Key(name))
}

// stop ends the Loop of an object, if there is one. The channel is closed when
// nothing of it is under way any more.
func (o *object) stop() <-chan struct{} {
	done := o.Runner.Delete(controller.ScaledObject.Key(o.name))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.loop, o.triggers, o.metrics, o.last, o.replicas = controller.Digest{}, nil, nil, nil, -1
	o.Provider.Withdraw(o.owner())
	return done
}
