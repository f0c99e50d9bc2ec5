package jobs

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A yard is a stage with named Jobs, and what was deleted from it.
type yard struct {
	*stage
	mu      sync.Mutex
	deleted []string
	how     map[metav1.DeletionPropagation]bool
}

func newYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{stage: newStage(t), how: make(map[metav1.DeletionPropagation]bool)}
	y.onDelete = func(name string, o *client.DeleteOptions) error {
		y.mu.Lock()
		defer y.mu.Unlock()
		y.deleted = append(y.deleted, name)
		slices.Sort(y.deleted)
		y.how[*o.PropagationPolicy] = true
		if o.Preconditions == nil || o.Preconditions.UID == nil {
			return errors.New("whichever has the name would be deleted")
		}
		return nil
	}
	return y
}

func (y *yard) add(t *testing.T, name, generation string, how batchv1.JobConditionType, ended time.Time) {
	t.Helper()
	y.addFrom(t, name, generation, "t-"+generation, how, ended)
}

// addFrom adds a Job that was made from a certain jobTargetRef.
func (y *yard) addFrom(t *testing.T, name, generation, target string, how batchv1.JobConditionType, ended time.Time) {
	t.Helper()
	j := Template(scaledJob3(), "", target)
	j.Name = name
	j.Annotations["scaledjob.keda.sh/generation"] = generation
	require.NoError(t, y.client.Create(t.Context(), j))
	if how != "" {
		y.finishAt(t, j, how, metav1.NewTime(ended))
	}
	y.tracker.jobSeen(j)
}

func TestTheHistoryKeepsTheNewest(t *testing.T) {
	y := newYard(t)
	now := time.Now()
	for i := range 4 {
		y.add(t, fmt.Sprint("ok-", i), "3", batchv1.JobComplete, now.Add(-time.Duration(i)*time.Minute))
		y.add(t, fmt.Sprint("bad-", i), "3", batchv1.JobFailed, now.Add(-time.Duration(i)*time.Minute))
		y.add(t, fmt.Sprint("running-", i), "3", "", time.Time{})
	}
	assert.Equal(t, 0, y.tracker.Past(scaledJobName, History{4, 4}))
	keep := History{Succeeded: 3, Failed: 1}
	assert.Equal(t, 4, y.tracker.Past(scaledJobName, keep))
	n, err := y.tracker.Trim(t.Context(), scaledJobName, keep)
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	assert.Equal(t, []string{"bad-1", "bad-2", "bad-3", "ok-3"}, y.deleted)
	assert.Equal(t, map[metav1.DeletionPropagation]bool{metav1.DeletePropagationBackground: true}, y.how)

	// No watch has told of it yet.
	assert.Equal(t, 0, y.tracker.Past(scaledJobName, keep))
	n, err = y.tracker.Trim(t.Context(), scaledJobName, History{})
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	assert.Len(t, y.stored(t), 4)
}

func TestARolloutDeletesWhatAnotherJobTargetRefMade(t *testing.T) {
	y := newYard(t)
	now := Origin{Generation: 3, Target: "t-3"}
	y.add(t, "earlier", "2", "", time.Time{})
	y.add(t, "earlier-done", "2", batchv1.JobComplete, time.Now())
	y.add(t, "unmarked", "", "", time.Time{})
	y.addFrom(t, "earlier-alike", "2", "t-3", "", time.Time{}) // something else of the ScaledJob has changed
	y.addFrom(t, "of-keda", "2", "", "", time.Time{})
	y.add(t, "same", "3", "", time.Time{})
	y.add(t, "later", "4", "", time.Time{}) // by a leader whose cache knows more
	assert.Equal(t, 3, y.tracker.Outdated(scaledJobName, now))
	n, err := y.tracker.Replace(t.Context(), scaledJobName, now, metav1.DeletePropagationForeground)
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	assert.Equal(t, []string{"earlier", "earlier-done", "unmarked"}, y.deleted)
	assert.Equal(t, map[metav1.DeletionPropagation]bool{metav1.DeletePropagationForeground: true}, y.how)
	assert.Equal(t, 0, y.tracker.Outdated(scaledJobName, now))
}

func TestADeletionThatFailsIsTriedAgain(t *testing.T) {
	y := newYard(t)
	now := Origin{Generation: 3, Target: "t-3"}
	y.add(t, "a", "2", "", time.Time{})
	y.add(t, "b", "2", "", time.Time{})
	y.onDelete = func(name string, _ *client.DeleteOptions) error {
		if name == "a" {
			return errors.New("forbidden")
		}
		return nil
	}
	n, err := y.tracker.Replace(t.Context(), scaledJobName, now, metav1.DeletePropagationBackground)
	assert.Equal(t, 1, n)
	require.EqualError(t, err, "delete Job a: forbidden")
	assert.Equal(t, 1, y.tracker.Outdated(scaledJobName, now))
	y.onDelete = nil
	n, err = y.tracker.Replace(t.Context(), scaledJobName, now, metav1.DeletePropagationBackground)
	assert.Equal(t, 1, n)
	require.NoError(t, err)
}
