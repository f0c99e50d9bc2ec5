package scaledobject

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// Statuses are those of ScaledObjects, which the cache holds without. What another
// replica writes, or an earlier process has written, is kept until this one writes the
// status itself and knows it better. Its methods may be called concurrently.
type Statuses struct {
	writes func(types.NamespacedName, types.UID) bool // set by the Reconciler

	mu    sync.Mutex
	kept  map[types.NamespacedName]*keptStatus
	known *lru.Cache // conditions, of which equal ones share their texts
}

type keptStatus struct {
	uid     types.UID
	version string // of the object
	status  v1alpha1.ScaledObjectStatus
}

// knownConditions bounds what is known of conditions, of which thousands of objects have
// the same, while errors may all differ.
const knownConditions = 1000

// NewStatuses returns Statuses for one Reconciler.
func NewStatuses() *Statuses {
	return &Statuses{kept: make(map[types.NamespacedName]*keptStatus), known: lru.New(knownConditions)}
}

// Take takes the status of an object that is on its way into the cache.
func (s *Statuses) Take(so *v1alpha1.ScaledObject) {
	name := client.ObjectKeyFromObject(so)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes != nil && s.writes(name, so.UID) {
		delete(s.kept, name)
	} else {
		so.Status.Conditions = s.compact(so.Status.Conditions)
		s.kept[name] = &keptStatus{so.UID, so.ResourceVersion, so.Status}
	}
	so.Status = v1alpha1.ScaledObjectStatus{}
}

// compact returns the conditions without room for more, and with texts that others have.
func (s *Statuses) compact(conditions v1alpha1.Conditions) v1alpha1.Conditions {
	list := slices.Clone(conditions)
	for i, c := range list {
		if same, ok := s.known.Get(c); ok {
			list[i] = same.(v1alpha1.Condition)
		} else {
			s.known.Add(c, c)
		}
	}
	return list
}

func (s *Statuses) get(name types.NamespacedName, uid types.UID) (*keptStatus, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.kept[name]
	return kept, ok && kept.uid == uid
}

func (s *Statuses) drop(name types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, name)
}

// writes says whether this replica writes the status of an object from now on, and
// knows what others have written before. With shards the object may be another's next,
// and then this one's again, which is to have it at once.
func (r *Reconciler) writes(name types.NamespacedName, uid types.UID) bool {
	if r.Core.Shards != nil {
		return false
	}
	o, ok := r.objects.Get(name)
	return ok && o.UID == uid && o.leads.Load()
}

// addStatus puts the status into an object of the cache. That of one that may have been
// with another replica is read from the API server, for what that has written last,
// unless what is kept is that for certain.
func (r *Reconciler) addStatus(ctx context.Context, so *v1alpha1.ScaledObject) error {
	name := client.ObjectKeyFromObject(so)
	kept, ok := r.Statuses.get(name, so.UID)
	if ok && (r.Core.Shards == nil || r.objects.IsLatest(name, kept.version)) {
		so.Status = kept.status // of which newObject and follow make copies
		return nil
	}
	latest := &v1alpha1.ScaledObject{}
	if err := r.Core.Live.Get(ctx, name, latest); err != nil {
		return err
	}
	if latest.UID != so.UID {
		return fmt.Errorf("ScaledObject %s has been recreated, which the cache does not know yet", name)
	}
	so.Status = latest.Status
	return nil
}
