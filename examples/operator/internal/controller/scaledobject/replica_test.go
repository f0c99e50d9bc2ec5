package scaledobject

import (
	"context"
	"log/slog"
	"sync"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A replica is one process of the operator.
type replica struct {
	*Reconciler
	stop    context.CancelFunc
	ended   sync.WaitGroup
	elected chan struct{}
	queue   workqueue.TypedRateLimitingInterface[reconcile.Request]
	secrets *controllertest.FakeInformer
}

// A cacheOf is a cache whose watches the test plays.
type cacheOf struct {
	cache.Cache
	stage   *stage
	secrets *controllertest.FakeInformer
}

func (c cacheOf) GetInformer(_ context.Context, o client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	if _, ok := o.(*metav1.PartialObjectMetadata); ok {
		return c.secrets, nil
	}
	return begun{&controllertest.FakeInformer{Synced: true}, c.stage, o}, nil
}

// A begun watch begins with what there is, once it has a handler. Replicas that run
// already may tell of changes meanwhile.
type begun struct {
	*controllertest.FakeInformer
	stage *stage
	of    client.Object
}

func (b begun) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	registration, err := b.FakeInformer.AddEventHandler(handler)
	b.stage.mu.Lock()
	b.stage.informers = append(b.stage.informers, b.FakeInformer)
	b.stage.mu.Unlock()
	key := map[bool]types.NamespacedName{true: worker.NamespacedName, false: {Namespace: "shop", Name: "keda-hpa-orders"}}
	_, deployments := b.of.(*appsv1.Deployment)
	b.of.SetNamespace(key[deployments].Namespace)
	b.of.SetName(key[deployments].Name)
	b.stage.tell(b.of)
	return registration, err
}

// A cached client answers as a cache does that holds ScaledObjects without statuses.
type cached struct {
	client.WithWatch
	statuses *Statuses
}

func (c cached) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	err := c.WithWatch.Get(ctx, key, o, opts...)
	if so, ok := o.(*v1alpha1.ScaledObject); ok && err == nil {
		c.statuses.Take(so)
	}
	return err
}

// start starts a replica, which may lead.
func (s *stage) start(leads bool) *replica { return s.startSharing(leads, nil) }

// startSharing starts a replica that shares the objects with others, if there is a
// Keeper.
func (s *stage) startSharing(leads bool, shards *shard.Keeper) *replica {
	log := slog.New(slog.DiscardHandler)
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(worker.Kind, meta.RESTScopeNamespace)
	r := &replica{elected: make(chan struct{}), secrets: &controllertest.FakeInformer{Synced: true}}
	fake := driver.Type[queue]{Name: "fake", Open: func(q *queue, _ scalerkit.Options) (scalerkit.Scaler, error) {
		q.stage = s
		return q, nil
	}}.Driver()
	cache := cacheOf{stage: s, secrets: r.secrets}
	statuses := NewStatuses()
	core := &controller.Core{
		Client: cached{s.client, statuses}, Cache: cache, Live: s.client,
		Runner:    &control.Runner{},
		Workloads: &workload.Workloads{Client: s.client, Live: s.client, Cache: cache, Mapper: mapper},
		Status:    &controller.StatusWriter{Client: s.client, Logger: log},
		Telemetry: telemetry.New("", ""),
		Logger:    log,
		Elected:   r.elected,
		Rounds:    s.rounds,
		Shards:    shards,
		Opener:    &controller.Opener{Registry: scalerkit.NewRegistry(fake), Resolver: s},
	}
	core.Events = &controller.Recorder{Client: s.client, Reports: core.Reports}
	r.Reconciler = &Reconciler{Core: core, Statuses: statuses, Provider: &hpa.Provider{}}
	require.NoError(s.t, r.init(s.t.Context()))
	if leads {
		close(r.elected)
	}
	ctx, stop := context.WithCancel(s.t.Context())
	r.stop = stop
	r.queue = workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	require.NoError(s.t, r.objects.Requests.Start(ctx, r.queue))
	for _, run := range []func(context.Context) error{core.Runner.Run, core.Status.Start, core.Events.Start, r.objects.Lead, r.control} {
		r.ended.Go(func() { _ = run(ctx) })
	}
	if shards != nil {
		shards.Changed = func() { _ = r.Reassign(ctx) }
		shards.Init()
		r.ended.Go(func() { shards.Run(ctx) })
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

// look has the object reconciled, and lets time go by.
func (r *replica) look(d time.Duration) {
	r.objects.Requests.Add(name)
	wait(d)
}

// wait lets time go by, and what goes on then come to rest.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
