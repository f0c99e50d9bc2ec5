package controller

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
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
)

// The backoff of what has failed.
const (
	FirstRetry = time.Second
	LastRetry  = 30 * time.Second
)

// Objects are those of a kind that this replica knows. Its methods may be called
// concurrently, after Init.
type Objects[O interface {
	Stop() <-chan struct{}
	release()
	drop()
	hasUID(types.UID) bool
	isCurrent() bool
}] struct {
	Core *Core
	Kind Kind

	// Requests has objects reconciled, and Refs does so when what they refer to
	// changes.
	Requests Requests
	Refs     Refs

	// Started is when this process began.
	Started time.Time

	arrivals arrivals

	mu      sync.Mutex
	objects map[types.NamespacedName]O
}

// Init makes the Objects ready to use.
func (s *Objects[O]) Init(core *Core, kind Kind) {
	s.Core, s.Kind, s.Started = core, kind, time.Now()
	s.Refs = Refs{Cache: core.Cache, Requests: &s.Requests}
	s.objects = make(map[types.NamespacedName]O)
}

// SetUp adds a controller of the kind to a manager. It reconciles in every
// replica, a number of objects at once.
func (s *Objects[O]) SetUp(m manager.Manager, reconciler reconcile.Reconciler, workers int) error {
	everywhere := false
	err := builder.ControllerManagedBy(m).
		Named(strings.ToLower(string(s.Kind))).
		For(s.Kind.New(), builder.WithPredicates(predicate.Funcs{UpdateFunc: isChange})).
		WatchesRawSource(&s.Requests).
		WithOptions(runtimecontroller.Options{
			MaxConcurrentReconciles: workers,
			NeedLeaderElection:      &everywhere,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](FirstRetry, LastRetry),
		}).
		Complete(reconciler)
	if err != nil {
		return err
	}
	return m.Add(manager.RunnableFunc(s.Lead))
}

// Lead has all objects reconciled once this replica is the leader: there may be
// something to write. With shards it is Reassign that does so.
func (s *Objects[O]) Lead(ctx context.Context) error {
	if s.Core.Shards != nil {
		return nil
	}
	select {
	case <-s.Core.Elected: // which it is only after what needs it has been started
	case <-ctx.Done():
		return nil
	}
	return s.each(ctx, func(name types.NamespacedName) { s.Requests.Add(name) })
}

// each calls do for all objects that there are.
func (s *Objects[O]) each(ctx context.Context, do func(types.NamespacedName)) error {
	list := s.Kind.newList()
	if err := s.Core.Client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	return meta.EachListItem(list, func(item runtime.Object) error {
		if o, ok := item.(client.Object); ok {
			do(client.ObjectKeyFromObject(o))
		}
		return nil
	})
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

// Get returns what is known of an object with that name.
func (s *Objects[O]) Get(name types.NamespacedName) (O, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[name]
	return o, ok
}

// Current returns what is known of an object. One that has been deleted and
// recreated is known no more, nor is one that was another replica's meanwhile.
func (s *Objects[O]) Current(ctx context.Context, object client.Object) (O, bool) {
	name := client.ObjectKeyFromObject(object)
	o, ok := s.Get(name)
	switch {
	case ok && !o.hasUID(object.GetUID()):
		s.Forget(ctx, name)
	case ok && !o.isCurrent():
		s.Drop(ctx, name)
	default:
		return o, ok
	}
	return *new(O), false
}

// Put keeps what is known of an object.
func (s *Objects[O]) Put(name types.NamespacedName, o O) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = o
}

// Forget forgets an object that does not exist any more.
func (s *Objects[O]) Forget(ctx context.Context, name types.NamespacedName) {
	if o, ok := s.remove(ctx, name); ok {
		o.release()
	}
}

// remove removes what is known of an object, and ends what runs for it.
func (s *Objects[O]) remove(ctx context.Context, name types.NamespacedName) (O, bool) {
	s.mu.Lock()
	o, ok := s.objects[name]
	delete(s.objects, name)
	s.mu.Unlock()
	if err := s.Refs.Set(ctx, name, nil); err != nil {
		s.Core.Logger.WarnContext(ctx, "cannot forget what an object refers to", "error", err)
	}
	if ok {
		o.Stop()
	}
	s.Core.Telemetry.Delete(s.Kind.Key(name))
	return o, ok
}
