package controller

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Requests is a source of requests for a controller: whoever knows that an
// object has to be reconciled adds one. What is asked for before the controller
// starts is not lost.
type Requests struct {
	mu      sync.Mutex
	queue   workqueue.TypedRateLimitingInterface[reconcile.Request]
	waiting []types.NamespacedName
}

// Start implements source.Source.
func (r *Requests) Start(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	r.mu.Lock()
	r.queue = queue
	waiting := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	r.Add(waiting...)
	return nil
}

// Add has objects reconciled.
func (r *Requests) Add(objects ...types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.queue == nil {
		r.waiting = append(r.waiting, objects...)
		return
	}
	for _, o := range objects {
		r.queue.Add(reconcile.Request{NamespacedName: o})
	}
}
