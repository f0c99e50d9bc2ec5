package jobs

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

var scaledJobName = types.NamespacedName{Namespace: "shop", Name: "export"}

func scaledJob3() *v1alpha1.ScaledJob {
	return &v1alpha1.ScaledJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "export", UID: "u-1", Generation: 3},
		Spec: v1alpha1.ScaledJobSpec{JobTargetRef: &batchv1.JobSpec{
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "worker", Image: "worker"}}}},
		}},
	}
}

// A stage is an API server in memory, with a Tracker whose watches tell only
// what they are told to.
type stage struct {
	client  client.WithWatch
	tracker *Tracker

	onCreate func(*batchv1.Job) error     // before the API server answers
	lose     func() (before, after error) // a request, or its answer
	onDelete func(name string, o *client.DeleteOptions) error
	readErr  error
	reads    atomic.Int32
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{}
	s.client = fake.NewClientBuilder().WithScheme(scheme.Scheme).WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			var after error
			if s.lose != nil {
				var before error
				if before, after = s.lose(); before != nil {
					return before
				}
			}
			o.SetUID(uuid.NewUUID())
			if s.onCreate != nil {
				if err := s.onCreate(o.(*batchv1.Job)); err != nil {
					return err
				}
			}
			if err := c.Create(ctx, o, opts...); err != nil {
				return err
			}
			return after
		},
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			s.reads.Add(1)
			if s.readErr != nil {
				return s.readErr
			}
			return c.Get(ctx, key, o, opts...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			s.reads.Add(1)
			if s.readErr != nil {
				return s.readErr
			}
			return c.List(ctx, list, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if s.onDelete != nil {
				var options client.DeleteOptions
				options.ApplyOptions(opts)
				if err := s.onDelete(o.GetName(), &options); err != nil {
					return err
				}
			}
			return c.Delete(ctx, o, opts...)
		},
	}).Build()
	s.tracker = newTracker(s)
	return s
}

func newTracker(s *stage) *Tracker {
	return &Tracker{Client: s.client, Reader: s.client, synced: []func() bool{func() bool { return true }}}
}

func (s *stage) jobs() *Jobs {
	return &Jobs{Tracker: s.tracker, ScaledJob: scaledJobName, Template: Template(scaledJob3(), "", "t-3")}
}

// expect compares what is counted.
func (s *stage) expect(t *testing.T, running, pending int) {
	t.Helper()
	r, p, err := s.jobs().Count(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []int{running, pending}, []int{r, p})
}

// stored returns the Jobs that there are, by name.
func (s *stage) stored(t *testing.T) []*batchv1.Job {
	t.Helper()
	var list batchv1.JobList
	err, reads := s.readErr, s.reads.Load()
	s.readErr = nil
	require.NoError(t, s.client.List(t.Context(), &list))
	s.readErr = err
	s.reads.Store(reads)
	jobs := make([]*batchv1.Job, len(list.Items))
	for i := range list.Items {
		jobs[i] = &list.Items[i]
	}
	slices.SortFunc(jobs, func(a, b *batchv1.Job) int { return strings.Compare(a.Name, b.Name) })
	return jobs
}

// deliver has the watch tell of all Jobs.
func (s *stage) deliver(t *testing.T) {
	t.Helper()
	for _, j := range s.stored(t) {
		s.tracker.jobSeen(j)
	}
}

// finish ends a Job.
func (s *stage) finish(t *testing.T, j *batchv1.Job, how batchv1.JobConditionType) {
	t.Helper()
	s.finishAt(t, j, how, metav1.Now())
}

func (s *stage) finishAt(t *testing.T, j *batchv1.Job, how batchv1.JobConditionType, at metav1.Time) {
	t.Helper()
	j.Status.Conditions = []batchv1.JobCondition{{Type: how, Status: corev1.ConditionTrue, LastTransitionTime: at}}
	if how == batchv1.JobComplete {
		j.Status.CompletionTime = &at
	}
	require.NoError(t, s.client.Status().Update(t.Context(), j))
}
