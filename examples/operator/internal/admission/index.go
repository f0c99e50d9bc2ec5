package admission

import (
	"context"
	"errors"
	"slices"
	"sync"
	"unique"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// An Index has the names of ScaledObjects by what they scale, and by their HPAs. A
// field index of the cache does as much, in five times the memory. Its methods may be
// called concurrently.
type Index struct {
	synced func() bool

	mu      sync.RWMutex
	names   map[claim][]string
	objects map[string]int // how many there are, by namespace
}

// A claim is what one ScaledObject alone may have: a workload, or an HPA, which has no
// kind.
type claim struct {
	namespace string
	kind      unique.Handle[string] // group and kind
	name      string
}

// NewIndex returns the Index of the ScaledObjects of a cache.
func NewIndex(ctx context.Context, c cache.Cache) (*Index, error) {
	i := newIndex()
	known, err := watch.Of(ctx, c, &v1alpha1.ScaledObject{}, i.change)
	if err != nil {
		return nil, err
	}
	i.synced = known.HasSynced
	return i, nil
}

func newIndex() *Index {
	return &Index{names: make(map[claim][]string), objects: make(map[string]int)}
}

// change takes note of what a watch has told: nil is no object.
func (i *Index) change(before, now **v1alpha1.ScaledObject) {
	last, next := claims(before), claims(now)
	if last == next {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.add(last[1].namespace, -1)
	i.add(next[1].namespace, 1)
	for _, c := range last {
		if c == (claim{}) {
			continue
		}
		rest := slices.DeleteFunc(i.names[c], func(name string) bool { return name == (*before).Name })
		if i.names[c] = rest; len(rest) == 0 {
			delete(i.names, c)
		}
	}
	for _, c := range next {
		if c != (claim{}) {
			i.names[c] = append(i.names[c], (*now).Name)
		}
	}
}

// add counts objects of a namespace, which is empty for none.
func (i *Index) add(namespace string, n int) {
	if namespace == "" {
		return
	}
	if i.objects[namespace] += n; i.objects[namespace] == 0 {
		delete(i.objects, namespace)
	}
}

// count returns how many objects there are in a namespace.
func (i *Index) count(namespace string) int {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.objects[namespace]
}

// claims returns the target and the HPA of an object, zero claims for nothing. One that
// is being deleted has nothing.
func claims(so **v1alpha1.ScaledObject) [2]claim {
	if so == nil || !(*so).DeletionTimestamp.IsZero() {
		return [2]claim{}
	}
	return [2]claim{targetClaim(*so), hpaClaim(*so)}
}

// targetClaim returns what an object scales, the zero claim if that is none.
func targetClaim(so *v1alpha1.ScaledObject) claim {
	if so.Spec.ScaleTargetRef == nil {
		return claim{}
	}
	gvk, err := so.Spec.ScaleTargetRef.GroupVersionKind()
	if err != nil {
		return claim{}
	}
	return workloadClaim(so.Namespace, gvk.GroupKind(), so.Spec.ScaleTargetRef.Name)
}

func workloadClaim(namespace string, kind schema.GroupKind, name string) claim {
	return claim{namespace, unique.Make(kind.String()), name}
}

func hpaClaim(so *v1alpha1.ScaledObject) claim {
	return claim{namespace: so.Namespace, name: so.HPAName()}
}

// others returns the names of other objects that have the same.
func (i *Index) others(c claim, than string) ([]string, error) {
	if !i.synced() {
		return nil, errors.New("the API server has not listed the ScaledObjects yet")
	}
	i.mu.RLock()
	defer i.mu.RUnlock()
	return slices.DeleteFunc(slices.Sorted(slices.Values(i.names[c])), func(name string) bool { return name == than }), nil
}
