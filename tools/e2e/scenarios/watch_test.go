package scenarios

import (
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// A history is what a namespace was told, and when that was heard of.
type history struct {
	mu      sync.Mutex
	changes map[string][]told // the replicas that there should be, by Deployment
	ready   map[string]int    // replicas, by Deployment
	looks   map[string]time.Time
}

type told struct {
	at       time.Time
	replicas int
}

// watch begins the history of a namespace, which ends with the test.
func watch(t *testing.T, namespace string) *history {
	t.Helper()
	h := &history{changes: make(map[string][]told), ready: make(map[string]int), looks: make(map[string]time.Time)}
	for _, of := range []struct {
		client   rest.Interface
		resource string
		object   runtime.Object
		note     func(any)
	}{
		{r.Client.AppsV1().RESTClient(), "deployments", &appsv1.Deployment{}, h.deployment},
		{r.Client.AutoscalingV2().RESTClient(), "horizontalpodautoscalers", &autoscalingv2.HorizontalPodAutoscaler{}, h.hpa},
	} {
		_, controller := cache.NewInformerWithOptions(cache.InformerOptions{
			ListerWatcher: cache.NewListWatchFromClient(of.client, of.resource, namespace, fields.Everything()),
			ObjectType:    of.object,
			Handler: cache.ResourceEventHandlerFuncs{
				AddFunc:    of.note,
				UpdateFunc: func(_, now any) { of.note(now) },
			},
		})
		go controller.RunWithContext(t.Context())
	}
	return h
}

func (h *history) deployment(object any) {
	d := object.(*appsv1.Deployment)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready[d.Name] = int(d.Status.ReadyReplicas)
	n, all := int(*d.Spec.Replicas), h.changes[d.Name]
	if len(all) == 0 || all[len(all)-1].replicas != n {
		h.changes[d.Name] = append(all, told{time.Now(), n})
	}
}

// hpa notes the first look of the HPA controller, which leaves conditions.
func (h *history) hpa(object any) {
	hpa := object.(*autoscalingv2.HorizontalPodAutoscaler)
	h.mu.Lock()
	defer h.mu.Unlock()
	workload := hpa.Spec.ScaleTargetRef.Name
	if _, ok := h.looks[workload]; !ok && len(hpa.Status.Conditions) > 0 {
		h.looks[workload] = time.Now()
	}
}

// readyReplicas returns how many a Deployment has.
func (h *history) readyReplicas(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ready[name]
}

// look returns when the HPA controller has first looked at the HPA of a workload.
func (h *history) look(name string) (at time.Time, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok = h.looks[name]
	return at, ok
}

// since returns how a Deployment's replicas have changed since a time.
func (h *history) since(name string, begin time.Time) (s series) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.changes[name] {
		if c.at.After(begin) {
			s = append(s, change{c.at.Sub(begin), c.replicas})
		}
	}
	return s
}
