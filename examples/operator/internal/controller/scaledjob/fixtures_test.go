package scaledjob

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

var name = types.NamespacedName{Namespace: "shop", Name: "export"}

const orders = `
metadata: {namespace: shop, name: export, uid: u-1, generation: 1}
spec:
  jobTargetRef: {template: {spec: {containers: [{name: worker, image: worker}]}}}
  triggers:
  - type: fake
    metadata: {queue: orders}
`

// object returns a ScaledJob as a user writes it.
func parse(t *testing.T, text string) *v1alpha1.ScaledJob {
	t.Helper()
	sj := &v1alpha1.ScaledJob{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), sj))
	return sj
}

// A stage is a cluster in memory and one replica of the operator.
type stage struct {
	mu     sync.Mutex
	client client.WithWatch
	hooks  interceptor.Funcs

	levels map[string]float64 // by queue
	notes  map[string]string  // of readings of one
	errs   map[string]error   // of reading one
	at     time.Time          // of the readings; now if zero

	*replica
}

// A replica is one process of the operator.
type replica struct {
	*Reconciler
	stop      context.CancelFunc
	ended     sync.WaitGroup
	elected   chan struct{}
	informers *informertest.FakeInformers
}

func newStage(t *testing.T, objects ...client.Object) *stage {
	t.Helper()
	types := runtime.NewScheme()
	require.NoError(t, scheme.AddToScheme(types))
	require.NoError(t, v1alpha1.AddToScheme(types))
	s := &stage{levels: make(map[string]float64), notes: make(map[string]string), errs: make(map[string]error)}
	s.client = fake.NewClientBuilder().WithScheme(types).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ScaledJob{}).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
				o.SetUID(uuid.NewUUID())
				if e, ok := o.(*corev1.Event); ok {
					e.Name += "." + string(e.UID) // its own is made from the time, which stands still here
				}
				if _, job := o.(*batchv1.Job); job && s.hook().Create != nil {
					return s.hook().Create(ctx, c, o, opts...)
				}
				return c.Create(ctx, o, opts...)
			},
			Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
				if s.hook().Delete != nil {
					return s.hook().Delete(ctx, c, o, opts...)
				}
				return c.Delete(ctx, o, opts...)
			},
			SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
				if s.hook().SubResourcePatch != nil {
					return s.hook().SubResourcePatch(ctx, c, sub, o, p, opts...)
				}
				return c.SubResource(sub).Patch(ctx, o, p, opts...)
			},
		}).Build()
	s.replica = s.start(t)
	close(s.elected)
	return s
}

// start starts a replica that does not lead.
func (s *stage) start(t *testing.T) *replica {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	p := &replica{elected: make(chan struct{}), informers: &informertest.FakeInformers{}}
	core := &controller.Core{
		Client:    s.client,
		Cache:     p.informers,
		Live:      s.client,
		Runner:    &control.Runner{},
		Status:    &controller.StatusWriter{Client: s.client, Logger: log},
		Telemetry: telemetry.New("", ""),
		Logger:    log,
		Elected:   p.elected,
		Opener:    &controller.Opener{Registry: scalerkit.NewRegistry(s.driver()), Resolver: resolver{}},
	}
	core.Events = &controller.Recorder{Client: s.client, Reports: core.Reports}
	p.Reconciler = &Reconciler{Core: core, Tracker: &jobs.Tracker{Client: s.client, Reader: s.client}}
	p.init()
	ctx, stop := context.WithCancel(t.Context())
	p.stop = stop
	require.NoError(t, p.Tracker.Watch(ctx, p.informers))
	for _, object := range []client.Object{&batchv1.Job{}, &corev1.Pod{}} {
		informer, err := p.informers.FakeInformerFor(ctx, object)
		require.NoError(t, err)
		informer.Synced = true
	}
	for _, run := range []func(context.Context) error{core.Runner.Run, core.Status.Start, core.Events.Start, p.cleanUp} {
		p.ended.Go(func() { _ = run(ctx) })
	}
	return p
}

// kill ends the replica.
func (p *replica) kill() {
	p.stop()
	p.ended.Wait()
}

func (p *replica) knows(name types.NamespacedName) bool {
	_, ok := p.objects.Get(name)
	return ok
}

// reconcile has the object reconciled, and lets a time pass.
func (s *stage) reconcile(t *testing.T, wait time.Duration) reconcile.Result {
	t.Helper()
	result, err := s.Reconcile(t.Context(), reconcile.Request{NamespacedName: name})
	require.NoError(t, err)
	s.pass(t, wait)
	return result
}

// pass lets time pass, and the watch tell of Jobs.
func (s *stage) pass(t *testing.T, wait time.Duration) {
	t.Helper()
	time.Sleep(wait)
	synctest.Wait()
	informer, err := s.informers.FakeInformerFor(t.Context(), &batchv1.Job{})
	require.NoError(t, err)
	for _, j := range s.jobs(t) {
		informer.Add(j)
	}
}

// change changes the ScaledJob in the cluster.
func (s *stage) change(t *testing.T, change func(*v1alpha1.ScaledJob)) {
	t.Helper()
	sj := s.get(t)
	change(sj)
	require.NoError(t, s.client.Update(t.Context(), sj))
}

func (s *stage) get(t *testing.T) *v1alpha1.ScaledJob {
	t.Helper()
	sj := &v1alpha1.ScaledJob{}
	require.NoError(t, s.client.Get(t.Context(), name, sj))
	return sj
}

// condition returns a condition on one line.
func (s *stage) condition(t *testing.T, of v1alpha1.ConditionType) string {
	t.Helper()
	c := v1alpha1.GetCondition(s.get(t).Status.Conditions, of)
	return strings.TrimSpace(string(c.Status) + " " + c.Reason + ": " + c.Message)
}

func (s *stage) jobs(t *testing.T) []*batchv1.Job {
	t.Helper()
	var list batchv1.JobList
	require.NoError(t, s.client.List(t.Context(), &list))
	jobs := make([]*batchv1.Job, len(list.Items))
	for i := range list.Items {
		jobs[i] = &list.Items[i]
	}
	return jobs
}

// finish ends all Jobs.
func (s *stage) finish(t *testing.T) {
	t.Helper()
	now := metav1.Now()
	for _, j := range s.jobs(t) {
		j.Status.CompletionTime = &now
		j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue, LastTransitionTime: now}}
		require.NoError(t, s.client.Status().Update(t.Context(), j))
	}
}

// events returns those that were told so far, each on one line, and forgets
// them.
func (s *stage) events(t *testing.T) string {
	t.Helper()
	var list corev1.EventList
	require.NoError(t, s.client.List(t.Context(), &list))
	slices.SortStableFunc(list.Items, func(a, b corev1.Event) int {
		return cmp.Or(a.FirstTimestamp.Compare(b.FirstTimestamp.Time), cmp.Compare(a.Reason, b.Reason))
	})
	var lines []string
	for _, e := range list.Items {
		lines = append(lines, e.Type+" "+e.Reason+": "+e.Message)
		require.NoError(t, s.client.Delete(t.Context(), &e))
	}
	return strings.Join(lines, "\n")
}

// hook returns what comes between the operator and the API server.
func (s *stage) hook() interceptor.Funcs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hooks
}

func (s *stage) intercept(hooks interceptor.Funcs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = hooks
}

func (s *stage) set(queue string, level float64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.levels[queue], s.errs[queue] = level, err
}

func (s *stage) note(queue, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes[queue] = text
}

// A fakeConfig is a trigger with a target of 5.
type fakeConfig struct {
	Queue string `scaler:"queue,required" doc:"queue"`
}

func (s *stage) driver() scalerkit.Driver {
	return driver.Type[fakeConfig]{Name: "fake", Open: func(c *fakeConfig, _ scalerkit.Options) (scalerkit.Scaler, error) {
		return &queue{s, c.Queue}, nil
	}}.Driver()
}

type queue struct {
	stage *stage
	name  string
}

func (q *queue) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "fake-" + q.name, Target: scalerkit.Target{Value: 5}}
}

func (q *queue) Read(context.Context) (scalerkit.Reading, error) {
	q.stage.mu.Lock()
	defer q.stage.mu.Unlock()
	level, at := q.stage.levels[q.name], q.stage.at
	if at.IsZero() {
		at = time.Now()
	}
	return scalerkit.Reading{Value: level, Note: q.stage.notes[q.name], Time: at}, q.stage.errs[q.name]
}

func (q *queue) Close() error { return nil }

// A resolver takes triggers as they are.
type resolver struct{}

func (resolver) Spec(_ context.Context, t v1alpha1.ScaleTriggers, _ keda.Owner) (keda.Resolved, error) {
	return keda.Resolved{Spec: scalerkit.Spec{Type: t.Type, Name: t.Name, Metadata: t.Metadata}}, nil
}
