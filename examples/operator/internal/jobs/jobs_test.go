package jobs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestJobsCountBeforeAnyWatchTellsOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.expect(t, 0, 0)
		created, err := s.jobs().Create(t.Context(), 40)
		require.NoError(t, err)
		assert.Equal(t, 40, created)
		s.expect(t, 40, 40)
		assert.Len(t, s.stored(t), 40)

		s.deliver(t)
		s.expect(t, 40, 40)
		s.finish(t, s.stored(t)[0], batchv1.JobComplete)
		s.expect(t, 40, 40)
		s.deliver(t)
		s.expect(t, 39, 39)
	})
}

func TestAWatchThatIsLateTakesNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		_, err := s.jobs().Create(t.Context(), 1)
		require.NoError(t, err)
		asCreated := s.stored(t)[0]
		s.finish(t, s.stored(t)[0], batchv1.JobComplete)
		s.deliver(t)
		s.expect(t, 0, 0)
		s.tracker.jobSeen(asCreated.DeepCopy()) // from before
		s.expect(t, 0, 0)
	})
}

// The watch tells of a Job that ends and is deleted before Create has its
// answer.
func TestAJobThatIsGoneBeforeTheAnswerIsNotExpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.expect(t, 0, 0)
		s.onCreate = func(j *batchv1.Job) error {
			s.tracker.jobSeen(j.DeepCopy())
			s.tracker.jobDeleted(j.DeepCopy())
			return nil
		}
		created, err := s.jobs().Create(t.Context(), 1)
		require.NoError(t, err)
		assert.Equal(t, 1, created)
		s.expect(t, 0, 0)
		assert.Empty(t, s.tracker.jobsOf(scaledJobName).gone)
	})
}

// A watch breaks off, and meanwhile a Job is deleted that it has not told of:
// it never will.
func TestAJobThatNoWatchTellsOfIsLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		_, err := s.jobs().Create(t.Context(), 2)
		require.NoError(t, err)
		require.NoError(t, s.client.Delete(t.Context(), s.stored(t)[0]))
		time.Sleep(lag - time.Second)
		s.expect(t, 2, 2)
		s.readErr = errors.New("connection refused")
		time.Sleep(time.Second)
		_, _, err = s.jobs().Count(t.Context())
		assert.ErrorContains(t, err, ": connection refused")
		s.readErr = nil
		s.expect(t, 1, 1)
		reads := s.reads.Load()
		s.expect(t, 1, 1)
		assert.Equal(t, reads, s.reads.Load(), "the other one is there and is not asked for again at once")
		time.Sleep(lag)
		s.expect(t, 1, 1)
		assert.Equal(t, reads+1, s.reads.Load())
	})
}

func TestJobsThatTheAPIServerDoesNotAnswerForCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		// One in two is created and the answer is lost, the other is lost.
		var n atomic.Int32
		s.lose = func() (before, after error) {
			if n.Add(1)%2 == 0 {
				return context.DeadlineExceeded, nil
			}
			return nil, apierrors.NewServerTimeout(schema.GroupResource{Resource: "jobs"}, "create", 1)
		}
		created, err := s.jobs().Create(t.Context(), 10)
		assert.Equal(t, 10, created, "all may have been")
		var failed *CreateError
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, []int{10, 0, 10}, []int{failed.Wanted, failed.Created, failed.Unanswered})
		assert.True(t, strings.HasPrefix(err.Error(), "0 of 10 Jobs were not created, and of 10 it is not known: create Job export-"), err.Error())
		s.expect(t, 10, 10)

		s.deliver(t)
		s.expect(t, 10, 10)
		time.Sleep(lag)
		s.expect(t, 5, 5)
	})
}

func TestOneFailureDoesNotStopTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"refused by the API server": {
			apierrors.NewForbidden(schema.GroupResource{Group: "batch", Resource: "jobs"}, "x", errors.New("exceeded quota")),
			`jobs.batch "x" is forbidden: exceeded quota`,
		},
		"not connected": {
			&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")},
			"dial tcp: connection refused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				var n atomic.Int32
				s.onCreate = func(*batchv1.Job) error {
					if n.Add(1)%2 == 0 {
						return c.err
					}
					return nil
				}
				created, err := s.jobs().Create(t.Context(), 6)
				assert.Equal(t, 3, created)
				require.ErrorContains(t, err, "3 of 6 Jobs were not created: create Job export-")
				assert.True(t, strings.HasSuffix(err.Error(), c.want+", and 2 more"), err.Error())
				assert.ErrorIs(t, err, c.err)
				s.expect(t, 3, 3)
			})
		})
	}
}

// A list that is not the latest does not hide what another process created
// before.
func TestTheFirstCountAsksTheAPIServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		before := &Jobs{Tracker: newTracker(s), ScaledJob: scaledJobName, Template: s.jobs().Template}
		_, err := before.Create(t.Context(), 3)
		require.NoError(t, err)
		s.finish(t, s.stored(t)[1], batchv1.JobFailed)

		s.readErr = errors.New("forbidden")
		_, _, err = s.jobs().Count(t.Context())
		require.EqualError(t, err, "list the Jobs: forbidden")
		s.readErr = nil
		s.expect(t, 2, 2)
		reads := s.reads.Load()
		s.expect(t, 2, 2)
		assert.Equal(t, reads, s.reads.Load())

		s.tracker.Forget(scaledJobName) // and it is created again
		s.expect(t, 2, 2)
		assert.Equal(t, reads+1, s.reads.Load())
	})
}

func TestNothingIsCountedBeforeTheWatchesHaveBegun(t *testing.T) {
	s := newStage(t)
	s.tracker.synced = []func() bool{func() bool { return true }, func() bool { return false }}
	_, _, err := s.jobs().Count(t.Context())
	assert.EqualError(t, err, "the API server has not listed Jobs and Pods yet")
}

func TestAJobIsPendingUntilAPodWorks(t *testing.T) {
	ready := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue}
	unready := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse}
	warm := corev1.PodCondition{Type: "example.com/warm", Status: corev1.ConditionTrue}
	for name, c := range map[string]struct {
		conditions []string
		pods       []corev1.PodStatus
		pending    bool
	}{
		"no pod":                    {nil, nil, true},
		"waits":                     {nil, []corev1.PodStatus{{Phase: corev1.PodPending}}, true},
		"runs":                      {nil, []corev1.PodStatus{{Phase: corev1.PodPending}, {Phase: corev1.PodRunning}}, false},
		"has succeeded":             {nil, []corev1.PodStatus{{Phase: corev1.PodSucceeded}}, false},
		"has failed":                {nil, []corev1.PodStatus{{Phase: corev1.PodFailed}}, true},
		"runs without conditions":   {[]string{"Ready"}, []corev1.PodStatus{{Phase: corev1.PodRunning}}, true},
		"condition is false":        {[]string{"Ready"}, []corev1.PodStatus{{Conditions: []corev1.PodCondition{unready}}}, true},
		"condition is true":         {[]string{"Ready"}, []corev1.PodStatus{{Conditions: []corev1.PodCondition{ready}}}, false},
		"one of two conditions":     {[]string{"Ready", "example.com/warm"}, []corev1.PodStatus{{Conditions: []corev1.PodCondition{ready}}}, true},
		"two conditions":            {[]string{"Ready", "example.com/warm"}, []corev1.PodStatus{{Conditions: []corev1.PodCondition{ready, warm}}}, false},
		"two conditions, two pods":  {[]string{"Ready", "example.com/warm"}, []corev1.PodStatus{{Conditions: []corev1.PodCondition{ready}}, {Conditions: []corev1.PodCondition{warm}}}, true},
		"runs, and another is gone": {nil, []corev1.PodStatus{{Phase: corev1.PodRunning, Reason: "deleted"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			_, err := s.jobs().Create(t.Context(), 1)
			require.NoError(t, err)
			s.deliver(t)
			owner := s.stored(t)[0]
			for i, status := range c.pods {
				p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
					Namespace: "shop", Name: fmt.Sprint("pod-", i), Labels: map[string]string{"scaledjob.keda.sh/name": "export"},
					OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, batchv1.SchemeGroupVersion.WithKind("Job"))},
				}, Status: status}
				s.tracker.podSeen(p)
				if status.Reason == "deleted" {
					s.tracker.podDeleted(p)
				}
			}
			jobs := s.jobs()
			jobs.PendingPodConditions = c.conditions
			running, pending, err := jobs.Count(t.Context())
			require.NoError(t, err)
			assert.Equal(t, 1, running)
			assert.Equal(t, c.pending, pending == 1)
		})
	}
}

func TestNothingIsKeptOfAScaledJobThatIsGone(t *testing.T) {
	s := newStage(t)
	_, err := s.jobs().Create(t.Context(), 2)
	require.NoError(t, err)
	s.deliver(t)
	s.tracker.Forget(scaledJobName)
	require.Len(t, s.tracker.sets, 1)
	for _, j := range s.stored(t) {
		require.NoError(t, s.client.Delete(t.Context(), j, client.PropagationPolicy("Background")))
		s.tracker.jobDeleted(j)
	}
	assert.Empty(t, s.tracker.sets)
}
