package kubernetes_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type values = map[string]string

var errLost = errors.New("the watch is lost")

// A fake is a Cluster in the process.
type fake struct {
	mu     sync.Mutex
	pods   map[string]*watched[kubernetes.Pod]
	data   map[kubernetes.Object]*watched[kubernetes.Data]
	begun  int   // how many watches were
	refuse error // of watches that begin
}

func newFake() *fake {
	return &fake{pods: make(map[string]*watched[kubernetes.Pod]), data: make(map[kubernetes.Object]*watched[kubernetes.Data])}
}

func (f *fake) Pods(_ context.Context, namespace string) (kubernetes.Watched[kubernetes.Pod], error) {
	return begin(f, f.pods, namespace)
}

func (f *fake) Data(_ context.Context, object kubernetes.Object) (kubernetes.Watched[kubernetes.Data], error) {
	return begin(f, f.data, object)
}

func begin[K comparable, T any](f *fake, in map[K]*watched[T], key K) (kubernetes.Watched[T], error) {
	w := of(f, in, key)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return nil, f.refuse
	}
	f.begun++
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open, w.lost = w.open+1, false
	return w, nil
}

// of returns what there is under a key.
func of[K comparable, T any](f *fake, in map[K]*watched[T], key K) *watched[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if in[key] == nil {
		in[key] = &watched[T]{changed: make(chan struct{})}
	}
	return in[key]
}

// setPods says what pods there are in a namespace.
func (f *fake) setPods(namespace string, pods ...kubernetes.Pod) {
	of(f, f.pods, namespace).set(pods...)
}

// setData says what a ConfigMap has.
func (f *fake) setData(object kubernetes.Object, data kubernetes.Data) {
	of(f, f.data, object).set(data)
}

type watched[T any] struct {
	mu      sync.Mutex
	all     []T
	changed chan struct{}
	lost    bool
	open    int // how many Closes are to come
}

func (w *watched[T]) set(all ...T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = all
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watched[T]) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = true
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watched[T]) All() ([]T, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lost {
		return nil, errLost
	}
	return w.all, nil
}

func (w *watched[T]) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *watched[T]) IsClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

func (w *watched[T]) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	return nil
}

// shop is whose triggers are tested.
var shop = scalerkit.Key{Namespace: "shop", Name: "worker"}

// running returns so many pods.
func running(n int, labels values) []kubernetes.Pod {
	pods := make([]kubernetes.Pod, n)
	for i := range pods {
		pods[i] = kubernetes.Pod{Labels: labels, Phase: "Running", Node: fmt.Sprint("node-", i)}
	}
	return pods
}
