package controller

import (
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// Refs knows which objects refer to which others, and has those that do
// reconciled when these change. Kinds are watched once something refers to them,
// and only their metadata, unless they are of this API.
type Refs struct {
	Cache    cache.Cache
	Requests *Requests

	mu       sync.Mutex
	users    map[keda.Ref]map[types.NamespacedName]struct{}
	refs     map[types.NamespacedName][]keda.Ref
	watching map[string]bool // by kind
}

// Set says what an object refers to from now on: no refs make it forgotten.
func (r *Refs) Set(ctx context.Context, user types.NamespacedName, refs []keda.Ref) error {
	for _, kind := range r.set(user, refs) {
		if err := r.watch(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

// set returns the kinds that are to be watched besides.
func (r *Refs) set(user types.NamespacedName, refs []keda.Ref) (kinds []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ref := range r.refs[user] {
		delete(r.users[ref], user)
		if len(r.users[ref]) == 0 {
			delete(r.users, ref)
		}
	}
	delete(r.refs, user)
	if len(refs) == 0 {
		return nil
	}
	if r.users == nil {
		r.users = make(map[keda.Ref]map[types.NamespacedName]struct{})
		r.refs = make(map[types.NamespacedName][]keda.Ref)
		r.watching = make(map[string]bool)
	}
	r.refs[user] = slices.Clone(refs)
	for _, ref := range refs {
		if r.users[ref] == nil {
			r.users[ref] = make(map[types.NamespacedName]struct{})
		}
		r.users[ref][user] = struct{}{}
		if !r.watching[ref.Kind] && !slices.Contains(kinds, ref.Kind) {
			kinds = append(kinds, ref.Kind)
		}
	}
	return kinds
}

// changed has those reconciled that refer to an object.
func (r *Refs) changed(ref keda.Ref) {
	r.mu.Lock()
	users := make([]types.NamespacedName, 0, len(r.users[ref]))
	for user := range r.users[ref] {
		users = append(users, user)
	}
	r.mu.Unlock()
	r.Requests.Add(users...)
}

// watch watches a kind. What is there already is told too: it may have changed
// since it was read.
func (r *Refs) watch(ctx context.Context, kind string) error {
	object := watched(kind)
	if object == nil {
		return nil // such as what Expires is for
	}
	informer, err := r.Cache.GetInformer(ctx, object, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watching %ss: %w", kind, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watching[kind] {
		return nil
	}
	tell := func(object any) {
		if last, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
			object = last.Obj
		}
		if o, ok := object.(client.Object); ok {
			r.changed(keda.Ref{Kind: kind, Namespace: o.GetNamespace(), Name: o.GetName()})
		}
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: tell,
		UpdateFunc: func(before, now any) {
			b, ok := before.(client.Object)
			n, ok2 := now.(client.Object)
			if !ok || !ok2 || differ(b, n) {
				tell(now)
			}
		},
		DeleteFunc: tell,
	})
	if err != nil {
		return fmt.Errorf("watching %ss: %w", kind, err)
	}
	r.watching[kind] = true
	return nil
}

// VersionsOf returns what tells which version a watch has told last of an object to
// which a trigger refers. None is known of kinds that are not watched, nor before
// what there is of a kind has been told, nor where there is no such object.
func VersionsOf(c cache.Cache) func(ctx context.Context, ref keda.Ref) (version string, ok bool) {
	return func(ctx context.Context, ref keda.Ref) (string, bool) {
		object := watched(ref.Kind)
		if object == nil {
			return "", false
		}
		informer, err := c.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil || !informer.HasSynced() {
			return "", false
		}
		err = c.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, object)
		return object.GetResourceVersion(), err == nil
	}
}

// differ says whether there is another version of an object, of one of this API
// another specification: its status is our own.
func differ(before, now client.Object) bool {
	switch now.(type) {
	case *v1alpha1.TriggerAuthentication, *v1alpha1.ClusterTriggerAuthentication:
		return before.GetGeneration() != now.GetGeneration()
	}
	return before.GetResourceVersion() != now.GetResourceVersion()
}

// watched returns an object by which a kind is watched, nil if it is not.
func watched(kind string) client.Object {
	switch kind {
	case v1alpha1.KindTriggerAuthentication:
		return &v1alpha1.TriggerAuthentication{}
	case v1alpha1.KindClusterTriggerAuthentication:
		return &v1alpha1.ClusterTriggerAuthentication{}
	case "Secret", "ConfigMap", "ServiceAccount":
		object := &metav1.PartialObjectMetadata{}
		object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
		return object
	}
	return nil
}
