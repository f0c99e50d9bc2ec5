package auth

import (
	"context"
	"reflect"
	"sync"

	"golang.org/x/sync/semaphore"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
	"github.com/scalerkit/scalerkit/keda"
)

// maxShared is how many objects are kept. It bounds what is remembered of Secrets,
// and is enough for those that many triggers refer to.
const maxShared = 100

// shared are the Secrets and ConfigMaps that were read, for all who refer to them:
// each is read once a version.
type shared struct {
	mu      sync.Mutex
	objects *lru.Cache // *sharedObject by keda.Ref; the one that was not used for the longest makes room
}

// A sharedObject is what was read of an object.
type sharedObject struct {
	lock   *semaphore.Weighted // of one, who may use what follows
	object client.Object       // nil: it was not read
}

// get reads an object, unless what was read before has at least the version that a
// watch has told of.
func (s *shared) get(ctx context.Context, reader client.Reader, ref keda.Ref, version string, into client.Object) error {
	o := s.of(ref)
	if o.lock.Acquire(ctx, 1) != nil {
		return context.Cause(ctx)
	}
	defer o.lock.Release(1)
	if !o.has(version) {
		if err := reader.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, into); err != nil {
			return err
		}
		o.object = copyOf(into)
		return nil
	}
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(copyOf(o.object)).Elem())
	return nil
}

// has says whether what was read is that version or a newer one.
func (o *sharedObject) has(version string) bool {
	return o.object != nil && (o.object.GetResourceVersion() == version || watch.IsBefore(version, o.object.GetResourceVersion()))
}

func copyOf(o client.Object) client.Object { return o.DeepCopyObject().(client.Object) }

// of returns what was read of an object.
func (s *shared) of(ref keda.Ref) *sharedObject {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.objects.Get(ref); ok {
		return known.(*sharedObject)
	}
	o := &sharedObject{lock: semaphore.NewWeighted(1)}
	s.objects.Add(ref, o)
	return o
}

// isShared says whether objects of a type are.
func isShared(o keda.Object) bool {
	switch o.(type) {
	case *corev1.Secret, *corev1.ConfigMap:
		return true
	}
	return false
}
