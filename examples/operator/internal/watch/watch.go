// Package watch keeps, of objects that are watched, what the operator reads of
// them and no more. The objects of a cluster are many, and as Kubernetes'
// clients hold them they are large.
//
// What is kept is up to the Transform that the cache has for the objects, see
// cache.ByObject: it makes of each an E.
package watch

import (
	"context"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A Store has what a watch has told so far. Its methods may be called
// concurrently.
type Store[E metav1.Object] struct {
	synced func() bool

	mu      sync.RWMutex
	entries map[types.NamespacedName]E
}

// Of begins to watch objects of the type of an example, if the cache does not do
// so already. Changed, if set, is told of each change after the Store has it:
// before is nil for an object that is new, and now for one that is gone. It must
// return soon. Objects that the cache makes no E of are passed over.
func Of[E metav1.Object](ctx context.Context, c cache.Cache, example client.Object, changed func(before, now *E)) (*Store[E], error) {
	informer, err := c.GetInformer(ctx, example, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	s := &Store[E]{entries: make(map[types.NamespacedName]E)}
	put := func(object any) {
		if e, ok := object.(E); ok {
			before := s.put(e)
			if changed != nil {
				changed(before, &e)
			}
		}
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    put,
		UpdateFunc: func(_, now any) { put(now) },
		DeleteFunc: func(object any) {
			if last, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
				object = last.Obj
			}
			if e, ok := object.(E); ok {
				s.remove(e)
				if changed != nil {
					changed(&e, nil)
				}
			}
		},
	})
	if err != nil {
		return nil, err
	}
	s.synced = registration.HasSynced
	return s, nil
}

// HasSynced says whether the Store has all that there was when the watch began.
// Before that, what it does not have may exist.
func (s *Store[E]) HasSynced() bool { return s.synced() }

// Get returns an object. The caller does not change it.
func (s *Store[E]) Get(name types.NamespacedName) (E, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.entries[name]
	return e, ok
}

// put returns what was there before, or nil.
func (s *Store[E]) put(e E) (before *E) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := types.NamespacedName{Namespace: e.GetNamespace(), Name: e.GetName()}
	if old, ok := s.entries[name]; ok {
		before = &old
	}
	s.entries[name] = e
	return before
}

func (s *Store[E]) remove(e E) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, types.NamespacedName{Namespace: e.GetNamespace(), Name: e.GetName()})
}
