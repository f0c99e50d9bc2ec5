package admission

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// foreignHPAs are the HPAs that no ScaledObject has made. To filter them the API
// server goes through all HPAs of the namespace, also the operator's own, so that a
// list for each of many ScaledObjects takes time by the square of them. So those who
// ask while others wait share a list, which begins after all of them have asked; and
// where the namespace has many, a list counts for a while, so that lists take no more
// than a twentieth of the time. The zero value is ready.
type foreignHPAs struct {
	mu         sync.Mutex
	namespaces map[string]*namespaceHPAs
}

const (
	many     = 500         // ScaledObjects of a namespace, from which on a list counts for later:
	listings = 20          // for so many times as long as it took,
	maxAge   = time.Second // and not longer
)

// namespaceHPAs are those of one namespace.
type namespaceHPAs struct {
	lock *semaphore.Weighted // of one, who may use what follows
	at   time.Time           // before they were listed
	took time.Duration
	list []autoscalingv2.HorizontalPodAutoscaler
}

// serves says whether the list is new enough for who asked then, in a namespace with so
// many ScaledObjects.
func (n *namespaceHPAs) serves(asked time.Time, objects int) bool {
	if objects >= many {
		asked = asked.Add(-min(listings*n.took, maxAge))
	}
	return n.at.After(asked)
}

// those returns the HPAs that scale the target of an object, as they are now, or a
// moment ago where the namespace has many ScaledObjects.
func (f *foreignHPAs) those(ctx context.Context, live client.Reader, so *v1alpha1.ScaledObject, objects int) ([]*autoscalingv2.HorizontalPodAutoscaler, error) {
	asked := time.Now()
	n := f.namespace(so.Namespace)
	if n.lock.Acquire(ctx, 1) != nil {
		return nil, context.Cause(ctx)
	}
	defer n.lock.Release(1)
	if !n.serves(asked, objects) {
		at := time.Now()
		list, err := listForeign(ctx, live, so.Namespace)
		if err != nil {
			return nil, err
		}
		n.at, n.took, n.list = at, time.Since(at), list
	}
	target := targetClaim(so)
	var found []*autoscalingv2.HorizontalPodAutoscaler
	for i := range n.list {
		if h := &n.list[i]; targets(h, target) && h.Annotations[v1alpha1.AnnotationHPAOwnership] != "false" && !isOf(h, so) {
			found = append(found, h)
		}
	}
	return found, nil
}

// namespace returns what is known of one, and forgets others that nobody asks for.
func (f *foreignHPAs) namespace(name string) *namespaceHPAs {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n, ok := f.namespaces[name]; ok {
		return n
	}
	for other, n := range f.namespaces {
		if n.lock.TryAcquire(1) { // nobody does
			delete(f.namespaces, other)
			n.lock.Release(1)
		}
	}
	if f.namespaces == nil {
		f.namespaces = make(map[string]*namespaceHPAs)
	}
	n := &namespaceHPAs{lock: semaphore.NewWeighted(1)}
	f.namespaces[name] = n
	return n
}

func listForeign(ctx context.Context, live client.Reader, namespace string) ([]autoscalingv2.HorizontalPodAutoscaler, error) {
	foreign, err := labels.NewRequirement(v1alpha1.LabelScaledObjectName, selection.DoesNotExist, nil)
	if err != nil {
		return nil, err
	}
	var list autoscalingv2.HorizontalPodAutoscalerList
	err = live.List(ctx, &list, &client.ListOptions{
		Namespace:     namespace,
		LabelSelector: labels.NewSelector().Add(*foreign),
		Raw:           &metav1.ListOptions{ResourceVersion: "0"}, // what the API server has in memory will do
	})
	return list.Items, err
}
