package scaledobject

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// fakeScaler measures nothing.
type fakeScaler struct{ scalerkit.Scaler }

func (fakeScaler) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "fake", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}
}

// A stage is a cluster in memory, event sources, and replicas of the operator.
type stage struct {
	t      *testing.T
	client client.WithWatch
	rounds *controller.Rounds // of the replica that is started next

	mu     sync.Mutex
	levels map[string]float64           // by queue
	says   map[string]scalerkit.Reading // what else is read of one
	errs   map[string]error             // of reading one
	spoilt error                        // what resolving triggers comes to
	closed []string                     // queues whose scalers were closed
	writes []string                     // requests that write, but events
	older  bool                         // the cluster knows no tolerance of HPAs
	scaled func()                       // if set, is called while a target is told its replicas

	informers []*controllertest.FakeInformer // of Deployments and HPAs
}

// orders is a ScaledObject of the Deployment worker.
const orders = `
metadata: {namespace: shop, name: orders, uid: u-1, generation: 1, creationTimestamp: "1999-01-01T00:00:00Z"}
spec:
  scaleTargetRef: {name: worker}
  pollingInterval: 10
  cooldownPeriod: 60
  triggers:
  - {type: fake, metadata: {queue: orders}}
`

var name = types.NamespacedName{Namespace: "shop", Name: "orders"}

func deployment(replicas int32) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "worker"}, Spec: appsv1.DeploymentSpec{Replicas: &replicas}}
}

func newStage(t *testing.T, objects ...client.Object) *stage {
	types := runtime.NewScheme()
	require.NoError(t, scheme.AddToScheme(types))
	require.NoError(t, v1alpha1.AddToScheme(types))
	s := &stage{t: t, levels: make(map[string]float64), says: make(map[string]scalerkit.Reading), errs: make(map[string]error)}
	s.client = fake.NewClientBuilder().WithScheme(types).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ScaledObject{}).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
				o.SetUID(uuid.NewUUID())
				if e, ok := o.(*corev1.Event); ok {
					e.Name += "." + string(e.UID) // its own is made from the time, which stands still here
				}
				if _, event := o.(*corev1.Event); !event {
					s.wrote("create", o)
				}
				s.age(o)
				defer s.tell(o) //nolint:contextcheck // it has the test's
				return c.Create(ctx, o, opts...)
			},
			Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
				s.wrote("update", o)
				s.age(o)
				defer s.tell(o) //nolint:contextcheck // it has the test's
				return c.Update(ctx, o, opts...)
			},
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				if _, event := o.(*corev1.Event); !event {
					s.wrote("patch", o)
				}
				return c.Patch(ctx, o, p, opts...)
			},
			Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
				s.wrote("delete", o)
				defer s.tell(o) //nolint:contextcheck // it has the test's
				return c.Delete(ctx, o, opts...)
			},
			SubResourcePatch: s.patch,
		}).Build()
	return s
}

// tell has watches tell what has become of an object.
func (s *stage) tell(object client.Object) {
	options := workload.CacheOptions()
	maps.Copy(options, CacheOptions())
	for example, by := range options {
		if reflect.TypeOf(example) != reflect.TypeOf(object) {
			continue
		}
		now := object.DeepCopyObject().(client.Object)
		gone := s.client.Get(s.t.Context(), client.ObjectKeyFromObject(object), now) != nil
		kept, err := by.Transform(now)
		require.NoError(s.t, err)
		s.mu.Lock()
		informers := slices.Clone(s.informers)
		s.mu.Unlock()
		for _, i := range informers {
			if gone {
				i.Delete(kept.(metav1.Object))
			} else {
				i.Add(kept.(metav1.Object))
			}
		}
	}
}

// age leaves out what an older cluster does not know.
func (s *stage) age(o client.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := o.(*autoscalingv2.HorizontalPodAutoscaler); ok && s.older {
		h.Spec.Behavior.ScaleUp.Tolerance, h.Spec.Behavior.ScaleDown.Tolerance = nil, nil
	}
}

func (s *stage) wrote(verb string, o client.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, fmt.Sprintf("%s %s %s", verb, strings.TrimPrefix(fmt.Sprintf("%T", o), "*"), o.GetName()))
}

// patch plays the scale subresource.
func (s *stage) patch(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
	s.wrote(sub, o)
	if sub != "scale" {
		return c.SubResource(sub).Patch(ctx, o, p, opts...)
	}
	data, err := p.Data(o)
	if err != nil {
		return err
	}
	var scale struct{ Spec struct{ Replicas int32 } }
	if err := json.Unmarshal(data, &scale); err != nil {
		return err
	}
	d := &appsv1.Deployment{}
	if err := s.client.Get(ctx, client.ObjectKeyFromObject(o), d); err != nil {
		return err
	}
	if s.scaled != nil {
		s.scaled()
	}
	d.Spec.Replicas = &scale.Spec.Replicas
	if err := c.Update(ctx, d); err != nil {
		return err
	}
	s.tell(d) //nolint:contextcheck // it has the test's
	options := client.SubResourcePatchOptions{}
	options.ApplyOptions(opts)
	options.SubResourceBody.SetResourceVersion(d.ResourceVersion)
	return nil
}

// written returns the requests that have written since it was called last.
func (s *stage) written() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.writes
	s.writes = nil
	return list
}

// A queue is what a trigger of type fake names.
type queue struct {
	stage *stage
	Queue string  `scaler:"queue,required" doc:"its name"`
	Value float64 `scaler:"value" default:"5" min:"1" doc:"target"`
}

func (q *queue) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "fake-" + q.Queue, Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: q.Value}}
}

func (q *queue) Read(context.Context) (scalerkit.Reading, error) {
	q.stage.mu.Lock()
	defer q.stage.mu.Unlock()
	r := q.stage.says[q.Queue]
	r.Value, r.Time = q.stage.levels[q.Queue], time.Now()
	return r, q.stage.errs[q.Queue]
}

func (q *queue) Close() error {
	q.stage.mu.Lock()
	defer q.stage.mu.Unlock()
	q.stage.closed = append(q.stage.closed, q.Queue)
	return nil
}

func (s *stage) level(queue string, value float64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.levels[queue], s.errs[queue] = value, err
}

// say has a queue say something besides its level.
func (s *stage) say(queue string, r scalerkit.Reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says[queue] = r
}

// Spec implements controller.Resolver.
func (s *stage) Spec(_ context.Context, t v1alpha1.ScaleTriggers, owner keda.Owner) (keda.Resolved, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return keda.Resolved{
		Spec: scalerkit.Spec{Type: t.Type, Name: t.Name, Metadata: t.Metadata},
		Refs: []keda.Ref{{Kind: "Secret", Namespace: owner.Namespace, Name: "redis"}},
	}, s.spoilt
}

func (s *stage) get(key types.NamespacedName, o client.Object) {
	s.t.Helper()
	require.NoError(s.t, s.client.Get(s.t.Context(), key, o))
}

func (s *stage) object() *v1alpha1.ScaledObject {
	s.t.Helper()
	so := &v1alpha1.ScaledObject{}
	s.get(name, so)
	return so
}

// change changes the object as a user does.
func (s *stage) change(change func(*v1alpha1.ScaledObject)) {
	s.t.Helper()
	so := s.object()
	change(so)
	so.Generation++
	require.NoError(s.t, s.client.Update(s.t.Context(), so))
	s.written()
}

func (s *stage) replicas() int {
	s.t.Helper()
	d := &appsv1.Deployment{}
	s.get(worker.NamespacedName, d)
	return int(*d.Spec.Replicas)
}

// hpas returns the names of all HPAs.
func (s *stage) hpas() []string {
	s.t.Helper()
	var list autoscalingv2.HorizontalPodAutoscalerList
	require.NoError(s.t, s.client.List(s.t.Context(), &list))
	var names []string
	for _, h := range list.Items {
		names = append(names, h.Name)
	}
	return names
}

// condition returns a condition of the object as text.
func (s *stage) condition(of v1alpha1.ConditionType) string {
	s.t.Helper()
	return text(v1alpha1.GetCondition(s.object().Status.Conditions, of))
}

// events returns the reasons of all events, those of the same time sorted, and
// how often they were reported if that is more than once.
func (s *stage) events() []string {
	s.t.Helper()
	var list corev1.EventList
	require.NoError(s.t, s.client.List(s.t.Context(), &list))
	slices.SortStableFunc(list.Items, func(a, b corev1.Event) int {
		if c := a.FirstTimestamp.Compare(b.FirstTimestamp.Time); c != 0 {
			return c
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	var reasons []string
	for _, e := range list.Items {
		if e.Count > 1 {
			e.Reason += fmt.Sprintf(" (%d)", e.Count)
		}
		reasons = append(reasons, e.Reason)
	}
	return reasons
}

// told returns the notes of the events with a reason, in the order of time.
func (s *stage) told(reason string) []string {
	s.t.Helper()
	var list corev1.EventList
	require.NoError(s.t, s.client.List(s.t.Context(), &list))
	slices.SortStableFunc(list.Items, func(a, b corev1.Event) int { return a.FirstTimestamp.Compare(b.FirstTimestamp.Time) })
	var notes []string
	for _, e := range list.Items {
		if e.Reason == reason {
			notes = append(notes, e.Type+" "+e.Message)
		}
	}
	return notes
}

// fresh returns the object, made after the operator was started.
func fresh(t *testing.T, text string) *v1alpha1.ScaledObject {
	so := parse(t, text)
	so.CreationTimestamp = metav1.NewTime(time.Now().Add(time.Second))
	return so
}

var errDown = errors.New("connection refused")

// parse returns a ScaledObject as a user writes it.
func parse(t *testing.T, text string) *v1alpha1.ScaledObject {
	t.Helper()
	so := &v1alpha1.ScaledObject{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), so))
	return so
}

func ptr[T any](v T) *T { return &v }

var worker = workload.Ref{
	Kind:           schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
	NamespacedName: types.NamespacedName{Namespace: "shop", Name: "worker"},
}
