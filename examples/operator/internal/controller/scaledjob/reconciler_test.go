package scaledjob

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestJobsAreCreatedAndExplained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer s.kill()
		s.set("orders", 50, nil)
		s.reconcile(t, 20*time.Second)
		require.Len(t, s.jobs(t), 10)
		assert.Equal(t, "True ScaledJobReady: The object is valid and its triggers can be read", s.condition(t, "Ready"))
		assert.Equal(t, "True ScalerActive: A trigger is active, or minReplicaCount keeps Jobs running", s.condition(t, "Active"))
		assert.Equal(t, "False :", s.condition(t, "Paused"))
		status := s.get(t).Status
		assert.Equal(t, []string{"s0-fake-orders"}, status.ExternalMetricNames)
		assert.Equal(t, map[string]v1alpha1.TriggerActivityStatus{"s0-fake-orders": {IsActive: true}}, status.TriggersActivity)
		assert.Equal(t, "fake", *status.TriggersTypes)
		assert.Equal(t, int32(10), status.Decision.Create)
		assert.NotNil(t, status.LastActiveTime)
		assert.Equal(t, strings.TrimSpace(`
Normal KEDAJobsCreated: Created 10 of 10 Jobs: Metric s0-fake-orders: 0 -> 0: 50 / 5 per job = 10; Strategy: 0 -> 10: default: 10 wanted - 0 running = 10
Normal ScaledJobActive: A trigger is active, or minReplicaCount keeps Jobs running
Normal ScaledJobReady: The object is valid and its triggers can be read`), s.events(t))

		// As long as they run there is nothing to do.
		s.pass(t, time.Minute)
		assert.Len(t, s.jobs(t), 10)
		s.set("orders", 0, nil)
		s.finish(t)
		s.pass(t, time.Minute)
		assert.Equal(t, "False ScalerNotActive: No trigger is active", s.condition(t, "Active"))
		assert.Equal(t, "Normal ScaledJobInactive: No trigger is active", s.events(t))
	})
}

func TestNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer func() { s.kill() }()
		s.note("orders", "container orders does not exist: 0 events count")
		s.reconcile(t, 20*time.Second)
		assert.Equal(t, map[string]v1alpha1.TriggerActivityStatus{
			"s0-fake-orders": {Note: "container orders does not exist: 0 events count"},
		}, s.get(t).Status.TriggersActivity)
		assert.Contains(t, s.events(t), "Normal KEDAScalerInfo: Trigger s0-fake-orders: container orders does not exist: 0 events count")

		s.note("orders", "container orders does not exist: 1 events count")
		s.pass(t, time.Hour)
		assert.Equal(t, "", s.events(t))
		s.note("orders", "no checkpoint")
		s.pass(t, time.Minute)
		assert.Equal(t, "no checkpoint", s.get(t).Status.TriggersActivity["s0-fake-orders"].Note)
		assert.Equal(t, "Normal KEDAScalerInfo: Trigger s0-fake-orders: no checkpoint", s.events(t))
	})
}

func TestTheReadingsAreKeptBeforeJobsAreCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		s.set("orders", 5, nil)
		s.at = time.Now()
		s.intercept(interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			kept := s.get(t).Status.PolicyState //nolint:contextcheck // it has the test's
			if assert.NotNil(t, kept) {
				assert.JSONEq(t, `{"used": {"s0-fake-orders": "2000-01-01T00:00:00Z"}}`, string(kept.Raw))
			}
			return c.Create(ctx, o, opts...)
		}})
		s.reconcile(t, 20*time.Second)
		require.Len(t, s.jobs(t), 1)

		// Another replica takes over, and the source tells nothing new.
		s.kill()
		s.finish(t)
		s.replica = s.start(t)
		defer func() { s.kill() }()
		s.reconcile(t, time.Minute)
		assert.False(t, s.knows(name), "it does not lead")
		close(s.elected)
		s.reconcile(t, time.Minute)
		assert.True(t, s.knows(name))
		assert.Len(t, s.jobs(t), 1)

		s.mu.Lock()
		s.at = time.Now()
		s.mu.Unlock()
		s.intercept(interceptor.Funcs{})
		s.pass(t, time.Minute)
		assert.Len(t, s.jobs(t), 2)
	})
}

func TestNothingIsCreatedUnlessThatIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer s.kill()
		s.set("orders", 5, nil)
		s.intercept(interceptor.Funcs{SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			return errors.New("forbidden")
		}})
		s.reconcile(t, 20*time.Second)
		s.intercept(interceptor.Funcs{})
		assert.Empty(t, s.jobs(t))
		s.pass(t, 5*time.Second)
		assert.Contains(t, s.events(t), "Warning KEDAJobCreateFailed: keep the state: forbidden")
		s.pass(t, 30*time.Second)
		assert.Len(t, s.jobs(t), 1)
	})
}

func TestWhoeverHasLostTheLeaseCreatesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer s.kill()
		var held atomic.Bool
		held.Store(true)
		s.Core.Holds = held.Load
		s.set("orders", 5, nil)
		s.reconcile(t, 20*time.Second)
		require.Len(t, s.jobs(t), 1)

		held.Store(false)
		s.set("orders", 50, nil)
		s.pass(t, time.Hour)
		assert.Len(t, s.jobs(t), 1)
	})
}

func TestWhatFailsIsToldAndTheRestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, strings.Replace(orders, "- type: fake\n    metadata: {queue: orders}",
			"- {type: fake, name: a, metadata: {queue: orders}}\n  - {type: fake, name: b, metadata: {queue: returns}}", 1)))
		defer s.kill()
		s.set("returns", 0, errors.New("connection refused"))
		s.reconcile(t, 20*time.Second)
		assert.Equal(t, "False TriggerError: trigger b: connection refused", s.condition(t, "Ready"))
		assert.Equal(t, "Unknown UnknownState: A trigger fails, and no other is active", s.condition(t, "Active"))
		assert.Equal(t, "Warning KEDAScalerFailed: Trigger b fails: connection refused", s.events(t))

		s.set("orders", 10, nil)
		var n atomic.Int32
		s.intercept(interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if n.Add(1) == 1 {
				return apierrors.NewForbidden(schema.GroupResource{Group: "batch", Resource: "jobs"}, o.GetName(), errors.New("exceeded quota"))
			}
			return c.Create(ctx, o, opts...)
		}})
		s.pass(t, 30*time.Second)
		assert.Contains(t, s.condition(t, "Ready"), "False ErrorCreatingJobs: create jobs: 1 of 2 Jobs were not created: create Job export-")
		told := s.events(t)
		assert.Contains(t, told, "Normal KEDAJobsCreated: Created 1 of 2 Jobs: ")
		assert.Contains(t, told, "Warning KEDAJobCreateFailed: create jobs: 1 of 2 Jobs were not created: create Job export-")

		s.pass(t, 30*time.Second)
		assert.Equal(t, "Unknown PartialTriggerError: trigger b: connection refused", s.condition(t, "Ready"))
		s.set("returns", 0, nil)
		s.pass(t, 6*time.Minute) // the source was left alone for a while
		assert.Equal(t, "True ScaledJobReady: The object is valid and its triggers can be read", s.condition(t, "Ready"))
	})
}

// With nothing that can be read an object is not active, as in KEDA.
func TestAnObjectOfWhichAllTriggersFailIsNotActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer s.kill()
		s.set("orders", 0, errors.New("connection refused"))
		s.reconcile(t, 20*time.Second)
		assert.Equal(t, "False TriggerError: trigger s0-fake-orders: connection refused", s.condition(t, "Ready"))
		assert.Equal(t, "False ScalerNotActive: No trigger can be read", s.condition(t, "Active"))
	})
}

func TestAPausedObjectCreatesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer s.kill()
		s.set("orders", 5, nil)
		s.change(t, func(sj *v1alpha1.ScaledJob) { sj.Annotations = map[string]string{v1alpha1.AnnotationPaused: ""} })
		s.reconcile(t, time.Minute)
		assert.Empty(t, s.jobs(t))
		assert.Equal(t, "True ScaledJobPaused: An annotation pauses scaling", s.condition(t, "Paused"))
		assert.Equal(t, "Normal ScaledJobPaused: An annotation pauses scaling\nNormal ScaledJobReady: The object is valid", s.events(t))

		s.change(t, func(sj *v1alpha1.ScaledJob) { sj.Annotations = nil })
		s.reconcile(t, 20*time.Second)
		assert.Len(t, s.jobs(t), 1)
		assert.Equal(t, "False ScaledJobUnpaused: Scaling goes on", s.condition(t, "Paused"))
		assert.Contains(t, s.events(t), "Normal ScaledJobUnpaused: Scaling goes on")
	})
}

func TestWhatRunsGoesOnWhenTheObjectIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer s.kill()
		s.reconcile(t, 20*time.Second)
		s.events(t)
		s.change(t, func(sj *v1alpha1.ScaledJob) { sj.Spec.Triggers[0].MetricType = "Value" })
		result := s.reconcile(t, time.Second)
		assert.Equal(t, time.Second, result.RequeueAfter)
		const problem = "triggers[0].metricType: Value means nothing to a ScaledJob: leave it out"
		assert.Equal(t, "False ScaledJobCheckFailed: "+problem, s.condition(t, "Ready"))
		assert.Equal(t, "Warning ScaledJobCheckFailed: "+problem, s.events(t))
		result = s.reconcile(t, time.Second)
		assert.Equal(t, 2*time.Second, result.RequeueAfter)
		assert.Empty(t, s.events(t))

		s.set("orders", 5, nil)
		s.pass(t, 30*time.Second)
		assert.Len(t, s.jobs(t), 1)
		assert.Equal(t, "False ScaledJobCheckFailed: "+problem, s.condition(t, "Ready"))

		s.change(t, func(sj *v1alpha1.ScaledJob) { sj.Spec.Triggers[0].MetricType = "" })
		s.reconcile(t, time.Second)
		assert.Equal(t, "True ScaledJobReady: The object is valid and its triggers can be read", s.condition(t, "Ready"))
	})
}

func TestADeletedObjectCreatesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, strings.Replace(orders, "generation: 1", "generation: 1, finalizers: [finalizer.keda.sh]", 1)))
		defer s.kill()
		s.reconcile(t, 20*time.Second)
		s.events(t)
		require.NoError(t, s.client.Delete(t.Context(), s.get(t)))
		s.set("orders", 15, nil)
		s.reconcile(t, 0)
		s.reconcile(t, time.Minute)
		assert.Empty(t, s.jobs(t))
		assert.Equal(t, "Warning ScaledJobDeleted: The ScaledJob was deleted", s.events(t))
		assert.Error(t, s.client.Get(t.Context(), name, &v1alpha1.ScaledJob{}), "KEDA's finalizer is gone")
		assert.False(t, s.knows(name))
	})
}

func TestAllObjectsAreReconciledAfterTheElection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		s.kill()
		s.replica = s.start(t)
		defer func() { s.kill() }()
		asked := make(chan struct{})
		go func() { defer close(asked); _ = s.objects.Lead(t.Context()) }()
		synctest.Wait()
		select {
		case <-asked:
			t.Error("it did not wait")
		default:
		}
		close(s.elected)
		<-asked
		queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
		defer queue.ShutDown()
		require.NoError(t, s.objects.Requests.Start(t.Context(), queue))
		request, _ := queue.Get()
		assert.Equal(t, reconcile.Request{NamespacedName: name}, request)
	})
}

func TestARecreatedObjectStartsAfresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer s.kill()
		s.set("orders", 5, nil)
		s.reconcile(t, 20*time.Second)
		require.NoError(t, s.client.Delete(t.Context(), s.get(t)))
		again := parse(t, strings.Replace(orders, "u-1", "u-2", 1))
		again.CreationTimestamp = metav1.Now()
		require.NoError(t, s.client.Create(t.Context(), again))
		s.reconcile(t, 20*time.Second)
		assert.Contains(t, s.events(t), "Warning ScaledJobDeleted: The ScaledJob was deleted")
		o, _ := s.objects.Get(name)
		assert.Equal(t, again.UID, o.UID)
	})
}
