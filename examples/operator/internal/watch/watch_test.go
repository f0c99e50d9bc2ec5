package watch_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"

	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
)

// A fakeCache hands out one informer.
type fakeCache struct {
	cache.Cache
	informer *controllertest.FakeInformer
	err      error
}

func (c *fakeCache) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return c.informer, c.err
}

// A size is what is kept of a ConfigMap.
type size struct {
	metav1.ObjectMeta
	bytes int
}

func named(name string, bytes int) *size {
	return &size{metav1.ObjectMeta{Namespace: "shop", Name: name}, bytes}
}

func TestStore(t *testing.T) {
	c := &fakeCache{informer: &controllertest.FakeInformer{}}
	type change struct{ before, now int }
	var told []change
	store, err := watch.Of(t.Context(), c, &corev1.ConfigMap{}, func(before, now **size) {
		change := change{-1, -1}
		if before != nil {
			change.before = (*before).bytes
		}
		if now != nil {
			change.now = (*now).bytes
		}
		told = append(told, change)
	})
	require.NoError(t, err)
	require.False(t, store.HasSynced())
	c.informer.Synced = true
	require.True(t, store.HasSynced())

	a := types.NamespacedName{Namespace: "shop", Name: "a"}
	_, ok := store.Get(a)
	require.False(t, ok)
	c.informer.Add(named("a", 3))
	c.informer.Update(named("a", 3), named("a", 4))
	c.informer.Add(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "b"}}) // which the cache has not made a size
	kept, ok := store.Get(a)
	require.True(t, ok)
	require.Equal(t, 4, kept.bytes)
	c.informer.Delete(named("a", 4))
	_, ok = store.Get(a)
	require.False(t, ok)
	require.Equal(t, []change{{-1, 3}, {3, 4}, {4, -1}}, told)
}

// A deletion may be found out only when a watch has to begin again.
func TestMissedDeletion(t *testing.T) {
	c := &missed{}
	store, err := watch.Of[*size](t.Context(), c, &corev1.ConfigMap{}, nil)
	require.NoError(t, err)
	a := types.NamespacedName{Namespace: "shop", Name: "a"}
	c.handler.OnAdd(named("a", 3), false)
	_, ok := store.Get(a)
	require.True(t, ok)
	c.handler.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "shop/a", Obj: named("a", 3)})
	_, ok = store.Get(a)
	require.False(t, ok)
}

type missed struct {
	cache.Cache
	cache.Informer
	handler toolscache.ResourceEventHandler
}

func (m *missed) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return m, nil
}

func (m *missed) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	m.handler = handler
	return (&controllertest.FakeInformer{}).AddEventHandler(handler)
}

func TestNoWatch(t *testing.T) {
	refused := errors.New("forbidden")
	_, err := watch.Of[*size](t.Context(), &fakeCache{err: refused}, &corev1.ConfigMap{}, nil)
	require.ErrorIs(t, err, refused)
}
