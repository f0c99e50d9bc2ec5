package scaledobject

import (
	"cmp"
	"slices"
	"sync"
	"time"
	"unique"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// targets knows which ScaledObjects are for which workload.
type targets struct {
	mu    sync.Mutex
	users map[target][]user // the oldest first
	refs  map[types.NamespacedName]target
}

// A target is a workload.Ref that takes little room: there are few kinds.
type target struct {
	kind unique.Handle[schema.GroupVersionKind]
	types.NamespacedName
}

func targetOf(ref workload.Ref) target { return target{unique.Make(ref.Kind), ref.NamespacedName} }

// A user is a ScaledObject of a workload.
type user struct {
	name    types.NamespacedName
	created time.Time
}

// set says what the target of an object is, nil if it has none any more. It
// returns the objects for which this may be news.
func (t *targets) set(name types.NamespacedName, created time.Time, ref *workload.Ref) []types.NamespacedName {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, had := t.refs[name]
	if had && ref != nil && before == targetOf(*ref) || !had && ref == nil {
		return nil
	}
	var others []types.NamespacedName
	if had {
		rest := slices.DeleteFunc(t.users[before], func(u user) bool { return u.name == name })
		if t.users[before] = rest; len(rest) == 0 {
			delete(t.users, before)
		}
		others = append(others, namesOf(rest)...)
		delete(t.refs, name)
	}
	if ref == nil {
		return others
	}
	if t.refs == nil {
		t.refs = make(map[types.NamespacedName]target)
		t.users = make(map[target][]user)
	}
	now := targetOf(*ref)
	others = append(others, namesOf(t.users[now])...)
	t.refs[name] = now
	t.users[now] = append(t.users[now], user{name, created})
	slices.SortFunc(t.users[now], func(a, b user) int {
		return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.name.Name, b.name.Name))
	})
	return others
}

// of returns the objects of a workload, the one that scales it first.
func (t *targets) of(ref workload.Ref) []types.NamespacedName {
	t.mu.Lock()
	defer t.mu.Unlock()
	return namesOf(t.users[targetOf(ref)])
}

func namesOf(users []user) []types.NamespacedName {
	list := make([]types.NamespacedName, len(users))
	for i, u := range users {
		list[i] = u.name
	}
	return list
}

// refOf returns the workload that an object names.
func refOf(so *v1alpha1.ScaledObject) (workload.Ref, error) {
	kind, err := so.Spec.ScaleTargetRef.GroupVersionKind()
	if err != nil {
		return workload.Ref{}, err
	}
	return workload.Ref{Kind: kind, NamespacedName: types.NamespacedName{Namespace: so.Namespace, Name: so.Spec.ScaleTargetRef.Name}}, nil
}
