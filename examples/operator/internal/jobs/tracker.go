// Package jobs counts, creates and clears away the Jobs of ScaledJobs.
//
// What is counted comes from watches, and what this process has created counts
// from that moment on: a watch that is late, a list that is stale, or an API
// server that does not say whether it created a Job makes no Job be created
// twice. A Job is only forgotten once its deletion was seen, or once the API
// server says that it does not exist.
package jobs

import (
	"context"
	"fmt"
	"sync"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Tracker knows the Jobs of all ScaledJobs. Its methods may be called
// concurrently; its fields are not changed after the first call.
type Tracker struct {
	// Client creates and deletes Jobs.
	Client client.Client

	// Reader reads Jobs from the API server, and not from a cache.
	Reader client.Reader

	mu     sync.Mutex
	sets   map[types.NamespacedName]*jobSet // by ScaledJob
	synced []func() bool                    // of the watches
}

// Watch begins to watch Jobs and their Pods. The cache may be limited to what
// [CacheOptions] says.
func (t *Tracker) Watch(ctx context.Context, c cache.Cache) error {
	for _, kind := range []struct {
		object        client.Object
		seen, deleted func(any)
	}{
		{&batchv1.Job{}, t.jobSeen, t.jobDeleted},
		{&corev1.Pod{}, t.podSeen, t.podDeleted},
	} {
		informer, err := c.GetInformer(ctx, kind.object, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watch %T: %w", kind.object, err)
		}
		registration, err := informer.AddEventHandler(handler(kind.seen, kind.deleted))
		if err != nil {
			return fmt.Errorf("watch %T: %w", kind.object, err)
		}
		t.mu.Lock()
		t.synced = append(t.synced, registration.HasSynced)
		t.mu.Unlock()
	}
	return nil
}

// handler tells what a watch tells.
func handler(seen, deleted func(any)) toolscache.ResourceEventHandlerFuncs {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    seen,
		UpdateFunc: func(_, now any) { seen(now) },
		DeleteFunc: func(object any) {
			if last, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
				object = last.Obj
			}
			deleted(object)
		},
	}
}

// hasSynced says whether everything that there was has been told. The caller
// holds the mutex.
func (t *Tracker) hasSynced() bool {
	for _, synced := range t.synced {
		if !synced() {
			return false
		}
	}
	return len(t.synced) > 0
}

// jobsOf returns what is known of the Jobs of a ScaledJob. The caller holds the
// mutex.
func (t *Tracker) jobsOf(scaledJob types.NamespacedName) *jobSet {
	c := t.sets[scaledJob]
	if c == nil {
		if t.sets == nil {
			t.sets = make(map[types.NamespacedName]*jobSet)
		}
		c = &jobSet{jobs: make(map[string]*job), pods: make(map[string]map[string]*pod)}
		t.sets[scaledJob] = c
	}
	return c
}

// scaledJob returns what a Job or Pod belongs to.
func scaledJob(o client.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetLabels()[v1alpha1.LabelScaledJobName]}
}

func (t *Tracker) jobSeen(object any) {
	j, ok := object.(*batchv1.Job)
	if !ok || scaledJob(j).Name == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.jobsOf(scaledJob(j)).observe(newJob(j))
}

func (t *Tracker) jobDeleted(object any) {
	j, ok := object.(*batchv1.Job)
	if !ok || scaledJob(j).Name == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.jobsOf(scaledJob(j)).drop(j.Name, j.UID)
	t.prune(scaledJob(j))
}

func (t *Tracker) podSeen(object any) {
	p, ok := object.(*corev1.Pod)
	if !ok || scaledJob(p).Name == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.jobsOf(scaledJob(p))
	pods := c.pods[jobOf(p)]
	if pods == nil {
		pods = make(map[string]*pod)
		c.pods[jobOf(p)] = pods
	}
	pods[p.Name] = newPod(p)
}

func (t *Tracker) podDeleted(object any) {
	p, ok := object.(*corev1.Pod)
	if !ok || scaledJob(p).Name == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.jobsOf(scaledJob(p))
	pods := c.pods[jobOf(p)]
	delete(pods, p.Name)
	if len(pods) == 0 {
		delete(c.pods, jobOf(p))
	}
	t.prune(scaledJob(p))
}

// prune forgets a ScaledJob of which there is nothing to know. The caller holds
// the mutex.
func (t *Tracker) prune(scaledJob types.NamespacedName) {
	if c := t.sets[scaledJob]; c != nil && len(c.jobs) == 0 && len(c.pods) == 0 && c.inFlight == 0 && !c.confirmed {
		delete(t.sets, scaledJob)
	}
}

// beginRequest begins a request for Jobs of a ScaledJob. What it returns ends it.
func (t *Tracker) beginRequest(scaledJob types.NamespacedName) (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.jobsOf(scaledJob).inFlight++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		c := t.jobsOf(scaledJob)
		if c.inFlight--; c.inFlight == 0 {
			c.gone = nil
		}
	}
}

// Forget tells that a ScaledJob is no more, or that another process has created Jobs
// for it. They are followed until they are gone, and before they are counted the API
// server is asked.
func (t *Tracker) Forget(scaledJob types.NamespacedName) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.sets[scaledJob]; c != nil {
		c.confirmed = false
		t.prune(scaledJob)
	}
}
