package authentication

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(namespace + name), Generation: 1}
}

func uses(kind string, names ...string) []v1alpha1.ScaleTriggers {
	triggers := []v1alpha1.ScaleTriggers{{Type: "cron"}}
	for _, name := range names {
		triggers = append(triggers, v1alpha1.ScaleTriggers{AuthenticationRef: &v1alpha1.AuthenticationRef{Kind: kind, Name: name}})
	}
	return triggers
}

// A stage is a cluster in memory.
type stage struct {
	client client.Client
	core   *controller.Core
}

func newStage(t *testing.T, objects ...client.Object) *stage {
	t.Helper()
	scheme := runtime.NewScheme()
	require.NoError(t, v1alpha1.AddToScheme(scheme))
	require.NoError(t, corev1.AddToScheme(scheme))
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.TriggerAuthentication{}, &v1alpha1.ClusterTriggerAuthentication{}).Build()
	elected := make(chan struct{})
	close(elected)
	core := &controller.Core{
		Client:    c,
		Status:    &controller.StatusWriter{Client: c},
		Telemetry: telemetry.New("", ""),
		Elected:   elected,
	}
	core.Events = &controller.Recorder{Client: c, Reports: core.Reports}
	return &stage{c, core}
}

func (s *stage) reconciler(kind string) *Reconciler {
	r := &Reconciler{Core: s.core, Kind: kind}
	r.init()
	return r
}

func look(t *testing.T, r *Reconciler, namespace, name string) {
	t.Helper()
	_, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}})
	require.NoError(t, err)
}

func (s *stage) status(t *testing.T, object client.Object) v1alpha1.TriggerAuthenticationStatus {
	t.Helper()
	require.NoError(t, s.client.Get(t.Context(), client.ObjectKeyFromObject(object), object))
	return statusOf(object)
}

func TestUsers(t *testing.T) {
	const own, cluster = v1alpha1.KindTriggerAuthentication, v1alpha1.KindClusterTriggerAuthentication
	here := &v1alpha1.TriggerAuthentication{ObjectMeta: meta("shop", "redis")}
	all := &v1alpha1.ClusterTriggerAuthentication{ObjectMeta: meta("", "redis")}
	unused := &v1alpha1.TriggerAuthentication{ObjectMeta: meta("shop", "unused")}
	s := newStage(
		t, here, all, unused,
		&v1alpha1.ScaledObject{ObjectMeta: meta("shop", "b"), Spec: v1alpha1.ScaledObjectSpec{Triggers: uses("", "redis", "redis")}},
		&v1alpha1.ScaledObject{ObjectMeta: meta("shop", "a"), Spec: v1alpha1.ScaledObjectSpec{Triggers: uses(own, "redis", "other")}},
		&v1alpha1.ScaledObject{ObjectMeta: meta("shop", "c"), Spec: v1alpha1.ScaledObjectSpec{Triggers: uses(cluster, "redis")}},
		&v1alpha1.ScaledObject{ObjectMeta: meta("else", "d"), Spec: v1alpha1.ScaledObjectSpec{Triggers: uses(own, "redis")}},
		&v1alpha1.ScaledJob{ObjectMeta: meta("shop", "j"), Spec: v1alpha1.ScaledJobSpec{Triggers: uses(own, "redis")}},
		&v1alpha1.ScaledJob{ObjectMeta: meta("else", "k"), Spec: v1alpha1.ScaledJobSpec{Triggers: uses(cluster, "redis")}},
	)
	look(t, s.reconciler(own), "shop", "redis")
	look(t, s.reconciler(own), "shop", "unused")
	look(t, s.reconciler(cluster), "", "redis")
	require.Equal(t, v1alpha1.TriggerAuthenticationStatus{ScaledObjectNamesStr: "a,b", ScaledJobNamesStr: "j"}, s.status(t, here))
	require.Equal(t, v1alpha1.TriggerAuthenticationStatus{ScaledObjectNamesStr: "c", ScaledJobNamesStr: "k"}, s.status(t, all))
	require.Empty(t, s.status(t, unused))

	version := here.ResourceVersion
	look(t, s.reconciler(own), "shop", "redis")
	s.status(t, here)
	require.Equal(t, version, here.ResourceVersion, "nothing has changed")
}

func TestEnqueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newStage(t).reconciler(v1alpha1.KindTriggerAuthentication)
		queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
		before := &v1alpha1.ScaledObject{ObjectMeta: meta("shop", "a"), Spec: v1alpha1.ScaledObjectSpec{Triggers: uses("", "old")}}
		now := &v1alpha1.ScaledObject{ObjectMeta: meta("shop", "a"), Spec: v1alpha1.ScaledObjectSpec{Triggers: uses("", "new")}}
		r.enqueue(queue, before, now)
		r.enqueue(queue, now)
		require.Zero(t, queue.Len(), "there may be more news soon")
		time.Sleep(pause)
		synctest.Wait()
		require.Equal(t, 2, queue.Len(), "of whom it leaves, and whom it goes to")
		queue.ShutDown()
	})
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := &v1alpha1.TriggerAuthentication{ObjectMeta: meta("shop", "old")}
		s := newStage(t, old)
		ctx, stop := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { _ = s.core.Events.Start(ctx) })
		r := s.reconciler(v1alpha1.KindTriggerAuthentication)
		look(t, r, "shop", "old")
		young := &v1alpha1.TriggerAuthentication{ObjectMeta: meta("shop", "new")}
		young.CreationTimestamp = metav1.NewTime(time.Now().Add(time.Second))
		require.NoError(t, s.client.Create(t.Context(), young))
		look(t, r, "shop", "new")
		time.Sleep(time.Second)

		old.Generation = 2
		require.NoError(t, s.client.Update(t.Context(), old))
		look(t, r, "shop", "old")
		time.Sleep(time.Second)
		require.NoError(t, s.client.Delete(t.Context(), old))
		look(t, r, "shop", "old")
		look(t, r, "shop", "never")
		synctest.Wait()
		stop()
		ended.Wait()

		var list corev1.EventList
		require.NoError(t, s.client.List(t.Context(), &list))
		var told []string
		for _, e := range list.Items {
			told = append(told, e.Reason+" "+e.InvolvedObject.Name)
		}
		require.ElementsMatch(t, []string{"TriggerAuthenticationAdded new", "TriggerAuthenticationUpdated old", "TriggerAuthenticationDeleted old"}, told)
	})
}

func Example() {
	// In a program: for each kind, before the manager starts,
	//
	//	(&authentication.Reconciler{Core: core, Kind: kind}).SetUp(manager)
	//
	// and of what uses which authentication it goes by their triggers:
	r := &Reconciler{Kind: v1alpha1.KindClusterTriggerAuthentication}
	redis := types.NamespacedName{Name: "redis"}
	user := &v1alpha1.ScaledObject{ObjectMeta: meta("shop", "orders"), Spec: v1alpha1.ScaledObjectSpec{Triggers: uses(r.Kind, "redis")}}
	fmt.Println(r.add(nil, user, redis))
	// Output: [orders]
}
