// Package authentication says in the status of TriggerAuthentications and
// ClusterTriggerAuthentications who uses them, and tells when they come and go.
package authentication

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// pause is how long news of who uses an authentication may wait for more of
// them.
const pause = 2 * time.Second

// A Reconciler reconciles all authentications of a kind:
// [v1alpha1.KindTriggerAuthentication] or
// [v1alpha1.KindClusterTriggerAuthentication].
type Reconciler struct {
	*controller.Core
	Kind string

	began time.Time
	mu    sync.Mutex
	known map[types.NamespacedName]known
}

// A known authentication is one that was seen.
type known struct {
	uid        types.UID
	generation int64
}

// SetUp adds the Reconciler to a manager. Its controller runs once this replica
// is the leader.
func (r *Reconciler) SetUp(m manager.Manager) error {
	r.init()
	users := handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, queue requests) { r.enqueue(queue, e.Object) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, queue requests) {
			if e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() {
				r.enqueue(queue, e.ObjectOld, e.ObjectNew)
			}
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, queue requests) { r.enqueue(queue, e.Object) },
	}
	return builder.ControllerManagedBy(m).
		Named(strings.ToLower(r.Kind)).
		For(r.object(), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.ScaledObject{}, users).
		Watches(&v1alpha1.ScaledJob{}, users).
		Complete(r)
}

func (r *Reconciler) init() {
	r.began = time.Now()
	r.known = make(map[types.NamespacedName]known)
}

type requests = workqueue.TypedRateLimitingInterface[reconcile.Request]

// enqueue has the authentications reconciled that objects use.
func (r *Reconciler) enqueue(queue requests, users ...client.Object) {
	for _, user := range users {
		for _, t := range triggersOf(user) {
			if ref := t.AuthenticationRef; ref != nil && ref.ResolvedKind() == r.Kind {
				queue.AddAfter(reconcile.Request{NamespacedName: r.name(user.GetNamespace(), ref.Name)}, pause)
			}
		}
	}
}

// name returns what names an authentication that is referred to.
func (r *Reconciler) name(namespace, name string) types.NamespacedName {
	if r.Kind == v1alpha1.KindClusterTriggerAuthentication {
		namespace = ""
	}
	return types.NamespacedName{Namespace: namespace, Name: name}
}

func triggersOf(user client.Object) []v1alpha1.ScaleTriggers {
	switch u := user.(type) {
	case *v1alpha1.ScaledObject:
		return u.Spec.Triggers
	case *v1alpha1.ScaledJob:
		return u.Spec.Triggers
	}
	return nil
}

// object returns an empty object of the kind.
func (r *Reconciler) object() client.Object {
	if r.Kind == v1alpha1.KindClusterTriggerAuthentication {
		return &v1alpha1.ClusterTriggerAuthentication{}
	}
	return &v1alpha1.TriggerAuthentication{}
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	object := r.object()
	err := r.Client.Get(ctx, request.NamespacedName, object)
	if apierrors.IsNotFound(err) {
		r.forget(request.NamespacedName)
		return reconcile.Result{}, nil
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	r.observe(object)
	is := statusOf(object)
	status, err := r.users(ctx, request.NamespacedName)
	if err != nil || reflect.DeepEqual(status, is) {
		return reconcile.Result{}, err
	}
	about := r.object()
	about.SetNamespace(object.GetNamespace())
	about.SetName(object.GetName())
	about.SetUID(object.GetUID())
	return reconcile.Result{}, client.IgnoreNotFound(r.Status.Write(ctx, about, status))
}

func statusOf(object client.Object) v1alpha1.TriggerAuthenticationStatus {
	switch o := object.(type) {
	case *v1alpha1.TriggerAuthentication:
		return o.Status
	case *v1alpha1.ClusterTriggerAuthentication:
		return o.Status
	}
	return v1alpha1.TriggerAuthenticationStatus{}
}

// users returns who uses an authentication.
func (r *Reconciler) users(ctx context.Context, of types.NamespacedName) (v1alpha1.TriggerAuthenticationStatus, error) {
	var objects v1alpha1.ScaledObjectList
	var jobs v1alpha1.ScaledJobList
	for _, list := range []client.ObjectList{&objects, &jobs} {
		if err := r.Client.List(ctx, list, client.InNamespace(of.Namespace), client.UnsafeDisableDeepCopy); err != nil {
			return v1alpha1.TriggerAuthenticationStatus{}, err
		}
	}
	var status v1alpha1.TriggerAuthenticationStatus
	var names []string
	for i := range objects.Items {
		names = r.add(names, &objects.Items[i], of)
	}
	status.ScaledObjectNamesStr = join(names)
	names = nil
	for i := range jobs.Items {
		names = r.add(names, &jobs.Items[i], of)
	}
	status.ScaledJobNamesStr = join(names)
	return status, nil
}

// add adds the name of an object that uses an authentication.
func (r *Reconciler) add(names []string, user client.Object, of types.NamespacedName) []string {
	uses := func(t v1alpha1.ScaleTriggers) bool {
		ref := t.AuthenticationRef
		return ref != nil && ref.ResolvedKind() == r.Kind && r.name(user.GetNamespace(), ref.Name) == of
	}
	if slices.ContainsFunc(triggersOf(user), uses) {
		names = append(names, user.GetName())
	}
	return names
}

func join(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ",")
}

// observe reports an authentication that is new or has changed. One that was there
// before this process is none of these.
func (r *Reconciler) observe(object client.Object) {
	name := client.ObjectKeyFromObject(object)
	now := known{object.GetUID(), object.GetGeneration()}
	r.mu.Lock()
	before := r.known[name]
	r.known[name] = now
	r.mu.Unlock()
	r.Telemetry.SetAuthentication(name.Namespace, name.Name)
	switch {
	case before.uid != now.uid && object.GetCreationTimestamp().After(r.began):
		r.event(name, now.uid, "Added", "is there")
	case before.uid == now.uid && before.generation != now.generation:
		r.event(name, now.uid, "Updated", "has changed; triggers that refer to it are opened again")
	}
}

func (r *Reconciler) forget(name types.NamespacedName) {
	r.mu.Lock()
	before, ok := r.known[name]
	delete(r.known, name)
	r.mu.Unlock()
	r.Telemetry.DeleteAuthentication(name.Namespace, name.Name)
	if ok {
		r.event(name, before.uid, "Deleted", "was deleted")
	}
}

// event reports something about an authentication.
func (r *Reconciler) event(name types.NamespacedName, uid types.UID, what, words string) {
	about := &metav1.PartialObjectMetadata{}
	about.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(r.Kind))
	about.Namespace, about.Name, about.UID = name.Namespace, name.Name, uid
	r.Events.Event(about, corev1.EventTypeNormal, r.Kind+what, "The %s %s", r.Kind, words)
}
