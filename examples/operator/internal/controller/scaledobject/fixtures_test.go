package scaledobject

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/api/v1alpha1"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
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

	mu     sync.Mutex
	levels map[string]float64 // by queue
	errs   map[string]error   // of reading one
	spoilt error              // what resolving triggers comes to
	closed []string           // queues whose scalers were closed
	writes []string           // requests that write, but events
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
	s := &stage{t: t, levels: make(map[string]float64), errs: make(map[string]error)}
	s.client = fake.NewClientBuilder().WithScheme(types).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ScaledObject{}).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
				o.SetUID(uuid.NewUUID())
				if _, event := o.(*eventsv1.Event); !event {
					s.wrote("create", o)
				}
				return c.Create(ctx, o, opts...)
			},
			Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
				s.wrote("update", o)
				return c.Update(ctx, o, opts...)
			},
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				s.wrote("patch", o)
				return c.Patch(ctx, o, p, opts...)
			},
			Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
				s.wrote("delete", o)
				return c.Delete(ctx, o, opts...)
			},
			SubResourcePatch: s.patch,
		}).Build()
	return s
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
	d.Spec.Replicas = &scale.Spec.Replicas
	if err := c.Update(ctx, d); err != nil {
		return err
	}
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
	level := q.stage.levels[q.Queue]
	return scalerkit.Reading{Value: level, Active: level > 0, Time: time.Now()}, q.stage.errs[q.Queue]
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

// Spec implements controller.Resolver.
func (s *stage) Spec(_ context.Context, t v1alpha1.ScaleTriggers, owner auth.Owner) (auth.Resolved, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return auth.Resolved{
		Spec: scalerkit.Spec{Type: t.Type, Name: t.Name, Metadata: t.Metadata},
		Refs: []auth.Ref{{Kind: "Secret", Namespace: owner.Namespace, Name: "redis"}},
	}, s.spoilt
}

// A replica is one process of the operator.
type replica struct {
	*Reconciler
	stop    context.CancelFunc
	ended   sync.WaitGroup
	elected chan struct{}
	queue   workqueue.TypedRateLimitingInterface[reconcile.Request]
	secrets *controllertest.FakeInformer
}

// A cacheOf is a cache that is never behind.
type cacheOf struct {
	*informertest.FakeInformers
	client.Reader
	secrets *controllertest.FakeInformer
}

func (c cacheOf) GetInformer(ctx context.Context, o client.Object, opts ...cache.InformerGetOption) (cache.Informer, error) {
	if _, ok := o.(*metav1.PartialObjectMetadata); ok {
		return c.secrets, nil
	}
	return c.FakeInformers.GetInformer(ctx, o, opts...)
}

func (c cacheOf) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	return c.Reader.Get(ctx, key, o, opts...)
}

func (c cacheOf) List(ctx context.Context, o client.ObjectList, opts ...client.ListOption) error {
	return c.Reader.List(ctx, o, opts...)
}

// start starts a replica, which may lead.
func (s *stage) start(leads bool) *replica {
	log := slog.New(slog.DiscardHandler)
	informers := &informertest.FakeInformers{}
	informer, err := informers.FakeInformerFor(s.t.Context(), &appsv1.Deployment{})
	require.NoError(s.t, err)
	informer.Synced = true
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(worker.Kind, meta.RESTScopeNamespace)
	r := &replica{elected: make(chan struct{}), secrets: &controllertest.FakeInformer{Synced: true}}
	driver := scalerkit.NewDriver("fake", func(q queue, _ scalerkit.Options) (scalerkit.Scaler, error) {
		q.stage = s
		return &q, nil
	})
	cache := cacheOf{informers, s.client, r.secrets}
	core := &controller.Core{
		Client: s.client, Cache: cache, Live: s.client,
		Runner:    &autoscale.Runner{},
		Workloads: &workload.Workloads{Client: s.client, Live: s.client, Cache: cache, Mapper: mapper},
		Status:    &controller.StatusWriter{Client: s.client, Logger: log},
		Telemetry: telemetry.New("", ""),
		Logger:    log,
		Elected:   r.elected,
		Opener:    &controller.Opener{Registry: scalerkit.NewRegistry(driver), Resolver: s},
	}
	core.Events = &controller.Recorder{Client: s.client, Logger: log, Leads: core.Leads}
	r.Reconciler = &Reconciler{Core: core, Provider: &hpa.Provider{}}
	r.init()
	if leads {
		close(r.elected)
	}
	ctx, stop := context.WithCancel(s.t.Context())
	r.stop = stop
	r.queue = workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	require.NoError(s.t, r.requests.Start(ctx, r.queue))
	for _, run := range []func(context.Context) error{core.Runner.Run, core.Status.Start, core.Events.Start, r.lead, r.control} {
		r.ended.Go(func() { _ = run(ctx) })
	}
	return r
}

// control does what a controller does with requests.
func (r *replica) control(ctx context.Context) error {
	context.AfterFunc(ctx, r.queue.ShutDown)
	for {
		request, ended := r.queue.Get()
		if ended {
			return nil
		}
		result, err := r.Reconcile(ctx, request)
		if err != nil {
			r.queue.AddRateLimited(request)
		} else if result.RequeueAfter > 0 {
			r.queue.AddAfter(request, result.RequeueAfter)
		}
		r.queue.Done(request)
	}
}

// kill ends the replica.
func (r *replica) kill() {
	r.stop()
	r.ended.Wait()
}

// look has the object looked at, and lets time go by.
func (r *replica) look(d time.Duration) {
	r.requests.Add(name)
	wait(d)
}

// wait lets time go by, and what goes on then come to rest.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
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

// events returns the reasons of all events, those of the same time sorted.
func (s *stage) events() []string {
	s.t.Helper()
	var list eventsv1.EventList
	require.NoError(s.t, s.client.List(s.t.Context(), &list))
	slices.SortStableFunc(list.Items, func(a, b eventsv1.Event) int {
		if c := a.EventTime.Compare(b.EventTime.Time); c != 0 {
			return c
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	var reasons []string
	for _, e := range list.Items {
		reasons = append(reasons, e.Reason)
	}
	return reasons
}

// fresh returns the object, made after the operator was started.
func fresh(t *testing.T, text string) *v1alpha1.ScaledObject {
	so := parse(t, text)
	so.CreationTimestamp = metav1.NewTime(time.Now().Add(time.Second))
	return so
}

var errDown = errors.New("connection refused")
