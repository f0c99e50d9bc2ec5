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
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestFinishedAndOutdatedJobsAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, strings.Replace(orders, "  triggers:", "  rollout: {strategy: default}\n  successfulJobsHistoryLimit: 1\n  triggers:", 1)))
		defer s.kill()
		s.set("orders", 15, nil)
		s.reconcile(t, 20*time.Second)
		require.Len(t, s.jobs(t), 3)
		s.set("orders", 0, nil)
		s.finish(t)
		s.pass(t, time.Second)
		s.pass(t, time.Minute)
		assert.Len(t, s.jobs(t), 1)

		s.set("orders", 10, nil)
		s.pass(t, time.Minute)
		s.events(t)
		s.change(t, func(sj *v1alpha1.ScaledJob) {
			sj.Generation = 2
			sj.Spec.JobTargetRef.Template.Spec.Containers[0].Image = "worker:2"
		})
		var refused atomic.Bool
		refused.Store(true)
		s.intercept(interceptor.Funcs{Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if _, job := o.(*batchv1.Job); job && refused.Load() {
				return errors.New("forbidden")
			}
			return c.Delete(ctx, o, opts...)
		}})
		s.reconcile(t, 0)
		told := s.events(t)
		assert.Contains(t, told, "Normal ScaledJobRolloutCleanupStarted: Deleting 3 Jobs that were made from another jobTargetRef")
		assert.Contains(t, told, "Warning ScaledJobRolloutCleanupFailed: Deleted 0 Jobs: delete Job ")
		refused.Store(false)
		time.Sleep(controller.FirstRetry)
		synctest.Wait()
		assert.Contains(t, s.events(t), "Normal ScaledJobRolloutCleanupCompleted: Deleted 3 Jobs")
		assert.Empty(t, s.jobs(t))
	})
}

// It is not the Jobs that have changed, and neither has what they are made from
// if an operator of another version says so.
func TestJobsRunOnWhenSomethingElseChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, strings.Replace(orders, "  triggers:", "  maxReplicaCount: 3\n  triggers:", 1)))
		defer func() { s.kill() }()
		s.set("orders", 15, nil)
		s.reconcile(t, 20*time.Second)
		before := s.jobs(t)
		require.Len(t, before, 3)
		for _, generation := range []int64{2, 3} {
			most := int32(generation)
			s.change(t, func(sj *v1alpha1.ScaledJob) { sj.Generation, sj.Spec.MaxReplicaCount = generation, &most })
			s.reconcile(t, time.Minute)
			assert.Equal(t, before, s.jobs(t))
		}
		s.kill()
		s.replica = s.start(t)
		close(s.elected)
		s.reconcile(t, time.Minute)
		assert.Equal(t, before, s.jobs(t))
		assert.NotContains(t, s.events(t), "Rollout")
	})
}

// What KEDA made, or an operator that did not write down from what, is left.
func TestJobsThatDoNotSayWhatTheyWereMadeFromAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer s.kill()
		s.set("orders", 15, nil)
		s.reconcile(t, 20*time.Second)
		s.set("orders", 0, nil)
		for _, j := range s.jobs(t) {
			delete(j.Annotations, v1alpha1.AnnotationJobTargetRef)
			require.NoError(t, s.client.Update(t.Context(), j))
		}
		s.pass(t, time.Minute)
		s.change(t, func(sj *v1alpha1.ScaledJob) {
			sj.Generation = 2
			sj.Spec.JobTargetRef.Template.Spec.Containers[0].Image = "worker:2"
		})
		s.reconcile(t, time.Minute)
		assert.Len(t, s.jobs(t), 3)
	})
}

// A field that our types do not know counts, and one that they add does not.
func TestTheJobTargetRefIsComparedAsItIsStored(t *testing.T) {
	stored := func(jobTargetRef string) (*v1alpha1.ScaledJob, string) {
		raw := &unstructured.Unstructured{}
		require.NoError(t, yaml.Unmarshal([]byte(`{apiVersion: keda.sh/v1alpha1, kind: ScaledJob,
			metadata: {namespace: shop, name: export}, spec: {triggers: [], jobTargetRef: `+jobTargetRef+`}}`), raw))
		r := &Reconciler{Core: &controller.Core{Live: fake.NewClientBuilder().WithScheme(runtime.NewScheme()).WithObjects(raw).Build()}}
		sj, target, err := r.stored(t.Context(), name)
		require.NoError(t, err)
		return sj, target
	}
	sj, plain := stored(`{template: {spec: {containers: [{name: worker}]}}}`)
	assert.Equal(t, "worker", sj.Spec.JobTargetRef.Template.Spec.Containers[0].Name)
	// Of {"template":{"spec":{"containers":[{"name":"worker"}]}}}, for ever:
	// another digest would have Jobs deleted by an upgrade.
	assert.Equal(t, "a3bff270283e1960af157fcef4d2372d17ef2862af7ff8a6616baa1756cfc601", plain)
	_, more := stored(`{template: {spec: {containers: [{name: worker, fieldOfTheFuture: 1}]}}}`)
	assert.NotEqual(t, plain, more)
}

func TestAGradualRolloutLetsJobsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, strings.Replace(orders, "  triggers:", "  rollout: {strategy: gradual}\n  triggers:", 1)))
		defer s.kill()
		s.set("orders", 15, nil)
		s.reconcile(t, 20*time.Second)
		s.change(t, func(sj *v1alpha1.ScaledJob) {
			sj.Generation = 2
			sj.Spec.JobTargetRef.Template.Spec.Containers[0].Image = "worker:2"
		})
		s.reconcile(t, time.Minute)
		assert.Len(t, s.jobs(t), 3)
	})
}
