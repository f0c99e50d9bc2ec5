package controller_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A server keeps what is written to it.
type server struct {
	client.Client
	mu      sync.Mutex
	patches []string
	err     error
}

func (s *server) Status() client.SubResourceWriter { return statusOf{on: s} }

type statusOf struct {
	client.SubResourceWriter
	on *server
}

func (w statusOf) Patch(_ context.Context, o client.Object, p client.Patch, _ ...client.SubResourcePatchOption) error {
	s := w.on
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := p.Data(o)
	s.patches = append(s.patches, string(data))
	return errors.Join(err, s.err)
}

// fail makes it answer with an error.
func (s *server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// take returns what was patched since the last time.
func (s *server) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.patches
	s.patches = nil
	return list
}

// A thing has a status to be written.
type thing struct {
	mu   sync.Mutex
	news string // empty: none
}

func (n *thing) Status() (client.Object, any, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return &v1alpha1.ScaledObject{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "orders", UID: "u-1"}},
		v1alpha1.ScaledObjectStatus{HpaName: n.news}, n.news != ""
}

func (n *thing) Guard(ctx context.Context) context.Context { return ctx }

func (n *thing) Written() { n.say("") }

func (n *thing) say(news string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.news = news
}

func patchOf(hpa string) string {
	return `[{"op":"test","path":"/metadata/uid","value":"u-1"},{"op":"add","path":"/status","value":{"hpaName":"` + hpa + `"}}]`
}

func TestStatusWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		w := &controller.StatusWriter{Client: s, Logger: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { _ = w.Start(ctx) })
		n := &thing{}
		w.Enqueue(n)
		synctest.Wait()
		require.Empty(t, s.take(), "there are no news")

		n.say("a")
		w.Enqueue(n)
		synctest.Wait()
		require.Equal(t, []string{patchOf("a")}, s.take())

		for _, news := range []string{"b", "c", "d"} {
			n.say(news)
			w.Enqueue(n)
			synctest.Wait()
		}
		require.Empty(t, s.take(), "not twice within a second")
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []string{patchOf("d")}, s.take())
		time.Sleep(2 * time.Second)

		s.fail(errors.New("the server is busy"))
		n.say("e")
		w.Enqueue(n)
		synctest.Wait()
		require.Equal(t, []string{patchOf("e")}, s.take())
		s.fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{patchOf("e")}, s.take(), "tried again until it is written")

		n.say("f")
		w.Enqueue(n)
		stop()
		ended.Wait()
		require.Equal(t, []string{patchOf("f")}, s.take(), "the last words")
	})
}

// orders is what Events are about.
func orders() *v1alpha1.ScaledObject {
	return &v1alpha1.ScaledObject{
		TypeMeta:   metav1.TypeMeta{APIVersion: "keda.sh/v1alpha1", Kind: "ScaledObject"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "orders", UID: "u-1"},
	}
}

func TestRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leads := false
		c := fake.NewClientBuilder().Build()
		r := &controller.Recorder{Client: c, Reports: func(ctx context.Context, _ string, _ types.NamespacedName) (context.Context, bool) { return ctx, leads }}
		ctx, stop := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { _ = r.Start(ctx) })
		r.Event(orders(), corev1.EventTypeNormal, "Standing", "by")
		leads = true
		r.Event(orders(), corev1.EventTypeWarning, controller.EventScalerFailed, "%s", strings.Repeat("ä", 1000))
		for _, replicas := range []int{3, 5, 3} {
			time.Sleep(time.Millisecond) // their names are made from the time
			r.Event(orders(), corev1.EventTypeNormal, controller.EventScaled, "Scaled to %d replicas", replicas)
		}
		synctest.Wait()
		stop()
		ended.Wait()

		var list corev1.EventList
		require.NoError(t, c.List(t.Context(), &list))
		told := make(map[string]int32)
		for _, e := range list.Items {
			require.True(t, strings.HasPrefix(e.Name, "orders."), e.Name)
			require.Equal(t, "shop", e.Namespace)
			require.Equal(t, corev1.ObjectReference{APIVersion: "keda.sh/v1alpha1", Kind: "ScaledObject", Namespace: "shop", Name: "orders", UID: "u-1"}, e.InvolvedObject)
			require.Equal(t, "keda-operator", e.ReportingController)
			require.Equal(t, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), e.LastTimestamp.UTC())
			told[e.Type+" "+e.Reason+": "+e.Message] = e.Count
		}
		long := strings.Repeat("ä", 510) + " …"
		require.Equal(t, 1024, len(long))
		require.Equal(t, map[string]int32{
			"Warning KEDAScalerFailed: " + long:              1,
			"Normal ScaleTargetScaled: Scaled to 3 replicas": 2,
			"Normal ScaleTargetScaled: Scaled to 5 replicas": 1,
		}, told, "nothing of a replica that does not lead")
	})
}

// An API server that does not answer holds up nobody.
func TestEventsAreDroppedRatherThanWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, hang := make(chan struct{}, 1), make(chan struct{})
		c := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
			Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
				select {
				case asked <- struct{}{}:
				default: // not the first
				}
				<-hang
				return nil
			},
		}).Build()
		r := &controller.Recorder{Client: c, Reports: func(ctx context.Context, _ string, _ types.NamespacedName) (context.Context, bool) { return ctx, true }}
		ctx, stop := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { _ = r.Start(ctx) })
		began := time.Now()
		for i := range 5000 {
			r.Event(orders(), corev1.EventTypeNormal, controller.EventScaled, "Scaled to %d replicas", i)
		}
		<-asked
		require.Equal(t, began, time.Now())
		stop()
		ended.Wait()
		close(hang)
	})
}

// secrets is a cache of Secrets.
type secrets struct {
	cache.Cache
	informer *controllertest.FakeInformer
	asked    []client.Object
}

func (c *secrets) GetInformer(_ context.Context, o client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	c.asked = append(c.asked, o)
	return c.informer, nil
}

func TestRefs(t *testing.T) {
	c := &secrets{informer: &controllertest.FakeInformer{}}
	refs := controller.Refs{Cache: c, Requests: &controller.Requests{}}
	a, b := types.NamespacedName{Namespace: "shop", Name: "a"}, types.NamespacedName{Namespace: "shop", Name: "b"}
	secret := keda.Ref{Kind: "Secret", Namespace: "shop", Name: "redis"}
	require.NoError(t, refs.Set(t.Context(), a, []keda.Ref{secret}))
	require.NoError(t, refs.Set(t.Context(), b, []keda.Ref{secret, {Kind: "Secret", Namespace: "shop", Name: "other"}, {Kind: "Vault"}}))
	require.Len(t, c.asked, 1, "one watch of a kind, and none of what is none")
	require.IsType(t, &metav1.PartialObjectMetadata{}, c.asked[0])

	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer queue.ShutDown()
	taken := func() (list []string) {
		for queue.Len() > 0 {
			request, _ := queue.Get()
			queue.Done(request)
			list = append(list, request.Name)
		}
		return list
	}
	version := func(version string) *metav1.PartialObjectMetadata {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "redis", ResourceVersion: version}}
	}
	c.informer.Add(version("1"))
	require.NoError(t, refs.Requests.Start(t.Context(), queue))
	require.ElementsMatch(t, []string{"a", "b"}, taken(), "what was asked for before is not lost")

	c.informer.Update(version("1"), version("1"))
	require.Empty(t, taken())
	c.informer.Update(version("1"), version("2"))
	require.ElementsMatch(t, []string{"a", "b"}, taken())
	require.NoError(t, refs.Set(t.Context(), a, nil))
	c.informer.Delete(version("2"))
	require.Equal(t, []string{"b"}, taken())
	require.NoError(t, refs.Set(t.Context(), b, []keda.Ref{{Kind: "Secret", Namespace: "shop", Name: "other"}}))
	c.informer.Add(version("3"))
	require.Empty(t, taken())
}

func (c *secrets) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	if key.Name != "redis" {
		return apierrors.NewNotFound(corev1.Resource("secrets"), key.Name)
	}
	into.SetResourceVersion("7")
	return nil
}

func TestVersionsOf(t *testing.T) {
	informer := &controllertest.FakeInformer{}
	version := controller.VersionsOf(&secrets{informer: informer})
	secret := keda.Ref{Kind: "Secret", Namespace: "shop", Name: "redis"}
	_, ok := version(t.Context(), secret)
	require.False(t, ok, "not all have been told")
	informer.Synced = true
	is, ok := version(t.Context(), secret)
	require.True(t, ok)
	require.Equal(t, "7", is)
	for _, ref := range []keda.Ref{{Kind: "Secret", Namespace: "shop", Name: "none"}, {Kind: "Vault", Name: "redis"}} {
		_, ok = version(t.Context(), ref)
		require.False(t, ok, ref)
	}
}

func TestRefsOfAuthentications(t *testing.T) {
	c := &secrets{informer: &controllertest.FakeInformer{}}
	refs := controller.Refs{Cache: c, Requests: &controller.Requests{}}
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer queue.ShutDown()
	require.NoError(t, refs.Requests.Start(t.Context(), queue))
	require.NoError(t, refs.Set(t.Context(), types.NamespacedName{Name: "a"}, []keda.Ref{{Kind: "TriggerAuthentication", Name: "t"}}))
	before := &v1alpha1.TriggerAuthentication{ObjectMeta: metav1.ObjectMeta{Name: "t", Generation: 1, ResourceVersion: "1"}}
	status, spec := before.DeepCopy(), before.DeepCopy()
	status.ResourceVersion = "2"
	spec.Generation, spec.ResourceVersion = 2, "3"
	c.informer.Update(before, status)
	require.Zero(t, queue.Len(), "its status is our own")
	c.informer.Update(status, spec)
	require.Equal(t, 1, queue.Len())
}
