package differential_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes/fake"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	corelisters "k8s.io/client-go/listers/core/v1"
	scaleclient "k8s.io/client-go/scale"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
)

// never is how long the controller waits by itself. Here it is told when to
// look at its HPA: it does so at once when the generation of that is another.
const never = 1000 * time.Hour

// A controller is the HPA controller with one HPA, in a synctest bubble.
type controller struct {
	hpas     autoscalingclient.HorizontalPodAutoscalerInterface
	source   *source
	pods     *podLister
	workload *workload
}

// start starts an HPA controller, which ends with ctx.
func start(ctx context.Context) *controller {
	client := fake.NewSimpleClientset()
	factory := informers.NewSharedInformerFactory(client, never)
	c := &controller{
		hpas:     client.AutoscalingV2().HorizontalPodAutoscalers(namespace),
		source:   &source{},
		pods:     &podLister{},
		workload: &workload{},
	}
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{appsv1.SchemeGroupVersion})
	mapper.Add(appsv1.SchemeGroupVersion.WithKind("Deployment"), meta.RESTScopeNamespace)
	run := podautoscaler.NewHorizontalController(ctx, client.CoreV1(), c.workload, client.AutoscalingV2(), mapper, c.source,
		factory.Autoscaling().V2().HorizontalPodAutoscalers(), podInformer{factory.Core().V1().Pods(), c.pods},
		never, defaultDownWindow, defaultTolerance, 0, 0).Run
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	go run(ctx, 1)
	synctest.Wait()
	return c
}

// Defaults of the controller's flags --horizontal-pod-autoscaler-downscale-stabilization
// and --horizontal-pod-autoscaler-tolerance.
const (
	defaultDownWindow = 5 * time.Minute
	defaultTolerance  = 0.1
)

// look has the controller look at the HPA as it now is, once.
func (c *controller) look(t *testing.T, now *autoscalingv2.HorizontalPodAutoscaler) {
	t.Helper()
	looks := c.workload.looks
	h, err := c.hpas.Get(t.Context(), now.Name, metav1.GetOptions{})
	if err == nil {
		h.Spec = now.Spec
		h.Generation++
		_, err = c.hpas.Update(t.Context(), h, metav1.UpdateOptions{})
	} else {
		_, err = c.hpas.Create(t.Context(), now, metav1.CreateOptions{})
	}
	require.NoError(t, err)
	synctest.Wait()
	require.Equal(t, looks+1, c.workload.looks, "the controller looked at the workload")
}

// A podInformer is one with pods of our own.
type podInformer struct {
	coreinformers.PodInformer
	pods *podLister
}

func (p podInformer) Lister() corelisters.PodLister { return p.pods }

// A workload has the scale subresource.
type workload struct {
	scaleclient.ScaleInterface
	replicas int32 // that it is told to have
	existing int32 // that it has
	refuses  bool
	looks    int
}

func (w *workload) Scales(string) scaleclient.ScaleInterface { return w }

func (w *workload) Get(context.Context, schema.GroupResource, string, metav1.GetOptions) (*autoscalingv1.Scale, error) {
	w.looks++
	return &autoscalingv1.Scale{
		Spec:   autoscalingv1.ScaleSpec{Replicas: w.replicas},
		Status: autoscalingv1.ScaleStatus{Replicas: w.existing, Selector: "app=orders"},
	}, nil
}

func (w *workload) Update(_ context.Context, _ schema.GroupResource, s *autoscalingv1.Scale, _ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	if w.refuses {
		w.looks-- // the controller now gets it once more
		return nil, errors.New("quota exceeded")
	}
	w.replicas = s.Spec.Replicas
	return s, nil
}
