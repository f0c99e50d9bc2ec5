package watch_test

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"

	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
)

func Example() {
	// The manager's cache is made with:
	options := cache.Options{ByObject: map[client.Object]cache.ByObject{
		&corev1.ConfigMap{}: {Transform: func(object any) (any, error) {
			c := object.(*corev1.ConfigMap)
			return named(c.Name, len(c.Data)), nil
		}},
	}}

	c := &fakeCache{informer: &controllertest.FakeInformer{}} // plays it
	store, err := watch.Of[*size](context.Background(), c, &corev1.ConfigMap{}, nil)
	c.informer.Add(named("a", 3))
	kept, ok := store.Get(types.NamespacedName{Namespace: "shop", Name: "a"})
	fmt.Println(len(options.ByObject), kept.bytes, ok, err)
	// Output: 1 3 true <nil>
}
