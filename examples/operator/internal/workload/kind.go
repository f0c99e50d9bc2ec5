package workload

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
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

	// Mapper knows the kinds that there are. It asks again about one that it
	// does not know.
	Mapper meta.RESTMapper

	// Resources asks the API server what resources a group and version has.
	// Subresources are among them, as in "replicasets/scale".
	Resources func(groupVersion string) (*metav1.APIResourceList, error)

	// Changed, if set, is told of changes of all workloads of the kinds that
	// are watched. It must return soon.
	Changed func(Ref, Change)

	beginning sync.Mutex // held by whoever begins to watch a kind

	mu        sync.Mutex
	kinds     map[schema.GroupVersionKind]*kind
	templates map[Ref]Ref // where targets have their pod templates from, if that is another workload
}

// firstAnswer is how long a watch may take to begin with what there is.
const firstAnswer = 5 * time.Second

// A kind is a kind of workload.
type kind struct {
	gvk      schema.GroupVersionKind
	resource schema.GroupVersionResource
	store    *watch.Store[metav1.Object] // nil if it is not watched
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
	if k := w.known(gvk); k != nil {
		return k, nil
	}
	w.beginning.Lock()
	defer w.beginning.Unlock()
	if k := w.known(gvk); k != nil {
		return k, nil
	}
	resource, err := w.Resource(gvk)
	if err != nil {
		return nil, err
	}
	k := &kind{gvk: gvk, resource: resource}
	if err := w.checkScale(k); err != nil {
		return nil, err
	}
	if err := w.watch(ctx, k); err != nil {
		return nil, fmt.Errorf("watching %s: %w", resource.GroupResource(), err)
	}
	k.await(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kinds == nil {
		w.kinds = make(map[schema.GroupVersionKind]*kind)
	}
	w.kinds[gvk] = k
	return k, nil
}

// checkScale says whether a kind can be scaled at all.
func (w *Workloads) checkScale(k *kind) error {
	if !k.isPartly() {
		return nil
	}
	group := k.gvk.GroupVersion().String()
	list, err := w.Resources(group)
	if err != nil {
		return fmt.Errorf("looking for the resources of %s: %w", group, err)
	}
	for _, r := range list.APIResources {
		if r.Name == k.resource.Resource+"/scale" {
			return nil
		}
	}
	return fmt.Errorf("kind %s in %s has no /scale subresource, and only what has one can be scaled", k.gvk.Kind, group)
}

func (w *Workloads) known(gvk schema.GroupVersionKind) *kind {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kinds[gvk]
}

// await waits for a watch to have told what there is, but not for long: it saves
// requests for single workloads, and they are no more than that.
func (k *kind) await(ctx context.Context) {
	if k.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, firstAnswer)
	defer cancel()
	ticker := time.NewTicker(firstAnswer / 200)
	defer ticker.Stop()
	for !k.store.HasSynced() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// watch begins to watch a kind. Permission to scale is all that is needed of a
// kind that is not known in advance; what may not be listed is not watched.
func (w *Workloads) watch(ctx context.Context, k *kind) (err error) {
	if k.isPartly() {
		var some metav1.PartialObjectMetadataList
		some.SetGroupVersionKind(k.gvk)
		if err := w.Live.List(ctx, &some, client.Limit(1)); apierrors.IsForbidden(err) {
			return nil
		} else if err != nil {
			return err
		}
	}
	k.store, err = watch.Of(ctx, w.Cache, k.object(), func(before, now *metav1.Object) {
		ref := func(o metav1.Object) Ref {
			return Ref{k.gvk, types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}}
		}
		switch {
		case before == nil:
			w.changed(ref(*now), Appeared)
		case now == nil:
			w.changed(ref(*before), Disappeared)
		case respecified(*before, *now):
			w.changed(ref(*now), Respecified)
		}
	})
	return err
}

// changed tells of a change of a workload, and that this is one of the targets
// too that have their pod template from it.
func (w *Workloads) changed(ref Ref, what Change) {
	if w.Changed == nil {
		return
	}
	w.mu.Lock()
	var targets []Ref
	for target, from := range w.templates {
		if from == ref {
			targets = append(targets, target)
		}
	}
	if what == Disappeared {
		delete(w.templates, ref)
	}
	w.mu.Unlock()
	w.Changed(ref, what)
	for _, target := range targets {
		w.Changed(target, Respecified)
	}
}

// isPartly says whether only the metadata of the kind is watched.
func (k *kind) isPartly() bool {
	_, partly := k.object().(*metav1.PartialObjectMetadata)
	return partly
}

// object returns an empty object of the kind, as it is watched.
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

// respecified says whether the pod template may have changed.
func respecified(before, now metav1.Object) bool {
	if before.GetGeneration() == now.GetGeneration() {
		return false
	}
	b, ok := before.(*watched)
	n, ok2 := now.(*watched)
	return !ok || !ok2 || b.account != n.account ||
		!reflect.DeepEqual(b.containers, n.containers) || !reflect.DeepEqual(b.init, n.init)
}

// get returns what the watch has of a workload. Known is false while the watch
// has not begun to answer, or may not be made at all.
func (k *kind) get(name types.NamespacedName) (object metav1.Object, known bool, err error) {
	if k.store == nil || !k.store.HasSynced() {
		return nil, false, nil
	}
	object, ok := k.store.Get(name)
	if !ok {
		return nil, true, fmt.Errorf("%s %w", Ref{k.gvk, name}, ErrMissing)
	}
	return object, true, nil
}
