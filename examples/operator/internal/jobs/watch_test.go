package jobs

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"
)

func TestWatchesTellOfJobsAndPods(t *testing.T) {
	s := newStage(t)
	s.tracker.synced = nil
	_, _, err := s.jobs().Count(t.Context())
	require.Error(t, err)
	var informers informertest.FakeInformers
	require.NoError(t, s.tracker.Watch(t.Context(), &informers))
	informer := func(object client.Object) *controllertest.FakeInformer {
		i, err := informers.FakeInformerFor(t.Context(), object)
		require.NoError(t, err)
		i.Synced = true
		return i
	}
	jobs, pods := informer(&batchv1.Job{}), informer(&corev1.Pod{})

	j := Template(scaledJob3(), "", "t-3")
	j.Name, j.UID, j.ResourceVersion = "export-1", "j-1", "1"
	jobs.Add(j)
	s.expect(t, 1, 1)
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "p", Labels: map[string]string{"scaledjob.keda.sh/name": "export"},
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(j, batchv1.SchemeGroupVersion.WithKind("Job"))},
	}}
	pods.Add(p)
	s.expect(t, 1, 1)
	working := p.DeepCopy()
	working.Status.Phase = corev1.PodRunning
	pods.Update(p, working)
	s.expect(t, 1, 0)
	pods.Delete(working)
	s.expect(t, 1, 1)

	done := j.DeepCopy()
	done.ResourceVersion = "2"
	done.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
	jobs.Update(j, done)
	s.expect(t, 0, 0)
	assert.Equal(t, 1, s.tracker.Past(scaledJobName, History{}))

	jobs.Delete(done)
	assert.Equal(t, 0, s.tracker.Past(scaledJobName, History{}))
}

func TestADeletionThatWasMissedIsTold(t *testing.T) {
	s := newStage(t)
	j := Template(scaledJob3(), "", "t-3")
	j.Name, j.UID = "export-1", "j-1"
	s.tracker.jobSeen(j)
	s.expect(t, 1, 1)
	handler(s.tracker.jobSeen, s.tracker.jobDeleted).OnDelete(toolscache.DeletedFinalStateUnknown{Key: "shop/export-1", Obj: j})
	s.expect(t, 0, 0)
}

// Those of other kinds of workloads are none of ours.
func TestOtherJobsAndPodsArePassedOver(t *testing.T) {
	s := newStage(t)
	s.tracker.jobSeen(&batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	s.tracker.jobDeleted(&batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	s.tracker.podSeen(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	s.tracker.podDeleted(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	assert.Empty(t, s.tracker.sets)
}
