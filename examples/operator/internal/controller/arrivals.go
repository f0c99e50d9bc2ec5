package controller

import (
	"context"
	"fmt"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/pages"
	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// One in so many objects has to come to this replica for a list of the versions of all
// to be cheaper than a request for each that comes.
const listedFor = 50

// arrivals are objects that have come to this replica, with the versions that the API
// server had of them afterwards: what the cache has in that version is the latest. The
// zero value has none.
type arrivals struct {
	mu   sync.Mutex
	list map[types.NamespacedName]arrival
}

type arrival struct {
	term    *shard.Term
	version string
}

// set replaces what there was.
func (a *arrivals) set(list map[types.NamespacedName]arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = list
}

// take returns whether a version is the one with which an object has come for a term,
// and forgets it.
func (a *arrivals) take(name types.NamespacedName, term *shard.Term, version string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	came, ok := a.list[name]
	delete(a.list, name)
	return ok && came.term == term && came.version == version
}

// IsLatest says whether a version of an object is known to be what the API server had
// when the object had come to this replica. It says so once. If it does not, the object
// has to be read.
func (s *Objects[O]) IsLatest(name types.NamespacedName, version string) bool {
	return s.arrivals.take(name, s.Core.term(name), version)
}

// listArrivals has the API server list the versions of all objects, and keeps those of
// the objects that have come.
func (s *Objects[O]) listArrivals(ctx context.Context, came []types.NamespacedName) error {
	list := make(map[types.NamespacedName]arrival, len(came))
	for _, name := range came {
		if term := s.Core.term(name); term != nil {
			list[name] = arrival{term: term}
		}
	}
	namespaces := s.Core.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	for _, namespace := range namespaces {
		_, err := pages.Each(ctx, s.Core.Live, s.newVersions, client.ListOptions{Namespace: namespace}, func(o runtime.Object) error {
			object := o.(*metav1.PartialObjectMetadata)
			if came, ok := list[client.ObjectKeyFromObject(object)]; ok {
				came.version = object.ResourceVersion
				list[client.ObjectKeyFromObject(object)] = came
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("listing the versions of each %s: %w", s.Kind, err)
		}
	}
	s.arrivals.set(list)
	return nil
}

// newVersions returns a list for the versions of objects, and nothing else of them.
func (s *Objects[O]) newVersions() client.ObjectList {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(string(s.Kind) + "List"))
	return list
}
