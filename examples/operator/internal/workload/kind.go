package workload

import (
	"context"
	"errors"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A Ref names a workload.
type Ref struct {
	Kind schema.GroupVersionKind
	types.NamespacedName
}

// String returns, for example, "Deployment shop/worker".
func (r Ref) String() string { return r.Kind.Kind + " " + r.NamespacedName.String() }

// ErrMissing means that a workload does not exist.
var ErrMissing = errors.New("does not exist")

// A Change is what happened to a workload.
type Change int

// The changes that are told. A change of replicas alone is none of them.
const (
	Appeared    Change = iota // it was created, or is seen for the first time
	Respecified               // its pod template may be another
	Disappeared
)

// Workloads knows the workloads of a cluster.
type Workloads struct {
	// Client scales and reads what is not cached, and Live reads from the API
	// server whatever it is.
	Client client.Client
	Live   client.Reader

	// Cache has the watches, which begin when a kind is first asked for.
	Cache cache.Cache

	// Mapper knows the kinds that there are. It asks anew about one that it
	// does not know.
	Mapper meta.RESTMapper

	// Changed, if set, is told of changes of all workloads of the kinds that
	// are watched. It must return soon.
	Changed func(Ref, Change)

	mu    sync.Mutex
	kinds map[schema.GroupVersionKind]*kind
}

// A kind is a kind of workload.
type kind struct {
	gvk      schema.GroupVersionKind
	resource schema.GroupVersionResource
	informer cache.Informer // nil if it is not watched
}

// Resource returns the resource of a kind, or says that the cluster has none.
func (w *Workloads) Resource(gvk schema.GroupVersionKind) (schema.GroupVersionResource, error) {
	mapping, err := w.Mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		return schema.GroupVersionResource{}, fmt.Errorf("there is no kind %s in %s in this cluster", gvk.Kind, gvk.GroupVersion())
	}
	if err != nil {
		return schema.GroupVersionResource{}, fmt.Errorf("looking for kind %s in %s: %w", gvk.Kind, gvk.GroupVersion(), err)
	}
	return mapping.Resource, nil
}

// kind returns the kind, which is watched from now on.
func (w *Workloads) kind(ctx context.Context, gvk schema.GroupVersionKind) (*kind, error) {
	w.mu.Lock()
	k := w.kinds[gvk]
	w.mu.Unlock()
	if k != nil {
		return k, nil
	}
	resource, err := w.Resource(gvk)
	if err != nil {
		return nil, err
	}
	k = &kind{gvk: gvk, resource: resource}
	if err := w.watch(ctx, k); err != nil {
		return nil, fmt.Errorf("watching %s: %w", resource.GroupResource(), err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if other := w.kinds[gvk]; other != nil {
		return other, nil
	}
	if w.Changed != nil && k.informer != nil {
		if _, err := k.informer.AddEventHandler(k.handler(w.Changed)); err != nil {
			return nil, fmt.Errorf("watching %s: %w", resource.GroupResource(), err)
		}
	}
	if w.kinds == nil {
		w.kinds = make(map[schema.GroupVersionKind]*kind)
	}
	w.kinds[gvk] = k
	return k, nil
}

// watch begins to watch a kind. Permission to scale is all that is needed of a
// kind that is not known in advance; what may not be listed is not watched.
func (w *Workloads) watch(ctx context.Context, k *kind) (err error) {
	object := k.object()
	if _, partly := object.(*metav1.PartialObjectMetadata); partly {
		var some metav1.PartialObjectMetadataList
		some.SetGroupVersionKind(k.gvk)
		if err := w.Live.List(ctx, &some, client.Limit(1)); apierrors.IsForbidden(err) {
			return nil
		} else if err != nil {
			return err
		}
	}
	k.informer, err = w.Cache.GetInformer(ctx, object, cache.BlockUntilSynced(false))
	return err
}

// object returns an empty object of the kind, of the type that is cached.
func (k *kind) object() client.Object {
	switch k.gvk {
	case appsv1.SchemeGroupVersion.WithKind("Deployment"):
		return &appsv1.Deployment{}
	case appsv1.SchemeGroupVersion.WithKind("StatefulSet"):
		return &appsv1.StatefulSet{}
	}
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(k.gvk)
	return object
}

// handler tells changes.
func (k *kind) handler(changed func(Ref, Change)) toolscache.ResourceEventHandler {
	ref := func(object any) (Ref, bool) {
		if last, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
			object = last.Obj
		}
		o, ok := object.(client.Object)
		if !ok {
			return Ref{}, false
		}
		return Ref{k.gvk, client.ObjectKeyFromObject(o)}, true
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) {
			if r, ok := ref(object); ok {
				changed(r, Appeared)
			}
		},
		UpdateFunc: func(before, now any) {
			if r, ok := ref(now); ok && respecified(before, now) {
				changed(r, Respecified)
			}
		},
		DeleteFunc: func(object any) {
			if r, ok := ref(object); ok {
				changed(r, Disappeared)
			}
		},
	}
}

// respecified says whether the pod template may have changed.
func respecified(before, now any) bool {
	switch n := now.(type) {
	case *appsv1.Deployment:
		b, ok := before.(*appsv1.Deployment)
		return !ok || b.Generation != n.Generation && !equality.Semantic.DeepEqual(b.Spec.Template, n.Spec.Template)
	case *appsv1.StatefulSet:
		b, ok := before.(*appsv1.StatefulSet)
		return !ok || b.Generation != n.Generation && !equality.Semantic.DeepEqual(b.Spec.Template, n.Spec.Template)
	case client.Object:
		b, ok := before.(client.Object)
		return !ok || b.GetGeneration() != n.GetGeneration()
	}
	return true
}

// get returns what the watch has of a workload. Known is false while the watch
// has not begun to answer, or may not be made at all.
func (w *Workloads) get(ctx context.Context, k *kind, key types.NamespacedName) (object client.Object, known bool, err error) {
	if k.informer == nil || !k.informer.HasSynced() {
		return nil, false, nil
	}
	object = k.object()
	if err := w.Cache.Get(ctx, key, object); err != nil {
		if apierrors.IsNotFound(err) {
			err = fmt.Errorf("%s %w", Ref{k.gvk, key}, ErrMissing)
		}
		return nil, true, err
	}
	return object, true, nil
}
