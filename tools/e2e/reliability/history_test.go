package reliability

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/tools/cache"
)

// A history is how many replicas the Deployments of a namespace were told to
// have. Nothing that lasts is missing, even if the API server was away.
type history struct {
	mu      sync.Mutex
	changes map[string][]change // by Deployment
}

// A change is a number of replicas, and when it was heard of.
type change struct {
	replicas int32
	at       time.Time
}

// watch begins the history of a namespace, which ends with the test.
func watch(t *testing.T, namespace string) *history {
	t.Helper()
	h := &history{changes: make(map[string][]change)}
	deployments := cache.NewListWatchFromClient(r.Client.AppsV1().RESTClient(), "deployments", namespace, fields.Everything())
	_, controller := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: deployments,
		ObjectType:    &appsv1.Deployment{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    h.add,
			UpdateFunc: func(_, now any) { h.add(now) },
		},
	})
	go controller.RunWithContext(t.Context())
	return h
}

func (h *history) add(object any) {
	d := object.(*appsv1.Deployment)
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.changes[d.Name]
	if n := len(all); n == 0 || all[n-1].replicas != *d.Spec.Replicas {
		h.changes[d.Name] = append(all, change{*d.Spec.Replicas, time.Now()})
	}
}

// await returns when a Deployment was told these numbers, and no others.
func (h *history) await(t *testing.T, name string, want ...int32) {
	t.Helper()
	var numbers []int32
	r.Await(t, func(context.Context) error {
		if numbers = h.of(name); len(numbers) < len(want) {
			return fmt.Errorf("%s was told %v, want %v", name, numbers, want)
		}
		return nil
	})
	require.Equal(t, want, numbers, name)
}

// of returns the numbers that a Deployment was told, from the first one.
func (h *history) of(name string) []int32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	var numbers []int32
	for _, c := range h.changes[name] {
		numbers = append(numbers, c.replicas)
	}
	return numbers
}

// last returns when a Deployment was told the number that it has.
func (h *history) last(name string) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changes[name][len(h.changes[name])-1].at
}
