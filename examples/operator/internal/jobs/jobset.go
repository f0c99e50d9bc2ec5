package jobs

import (
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A jobSet is the Jobs of one ScaledJob. It belongs to the Tracker's mutex.
type jobSet struct {
	jobs map[string]*job            // by name
	pods map[string]map[string]*pod // by the name of the Job and of the Pod

	// confirmed says that the API server was asked for the Jobs that there
	// were before this process.
	confirmed bool

	inFlight int                // requests under way whose answers are expected
	gone     map[types.UID]bool // Jobs whose deletion was seen meanwhile
}

// A job is what is known of a Job.
type job struct {
	name       string
	uid        types.UID // empty if it is not known whether it was created
	version    string
	generation string // of the ScaledJob that it was made from
	target     string // digest of the jobTargetRef that it was made from; empty if it does not say
	finished   bool
	failed     bool
	ended      time.Time // once it is finished
	deleted    bool      // its deletion was asked for

	// due is when to ask the API server for a Job that no watch has told of
	// yet; zero once one has.
	due time.Time
}

func newJob(j *batchv1.Job) *job {
	known := &job{
		name:       j.Name,
		uid:        j.UID,
		version:    j.ResourceVersion,
		generation: j.Annotations[v1alpha1.AnnotationScaledJobGeneration],
		target:     j.Annotations[v1alpha1.AnnotationJobTargetRef],
		deleted:    !j.DeletionTimestamp.IsZero(),
	}
	for _, c := range j.Status.Conditions {
		if c.Status != corev1.ConditionTrue || c.Type != batchv1.JobComplete && c.Type != batchv1.JobFailed {
			continue
		}
		known.finished, known.failed, known.ended = true, c.Type == batchv1.JobFailed, c.LastTransitionTime.Time
		if done := j.Status.CompletionTime; done != nil && !known.failed {
			known.ended = done.Time
		}
	}
	return known
}

// observe takes over what a watch tells.
func (s *jobSet) observe(j *job) {
	if old := s.jobs[j.name]; old != nil && old.uid == j.uid {
		if watch.IsBefore(j.version, old.version) {
			old.due = time.Time{}
			return
		}
		j.deleted = j.deleted || old.deleted
	}
	s.jobs[j.name] = j
}

// expect takes over what the API server answers, which a watch is to tell of
// by the time due.
func (s *jobSet) expect(j *job, due time.Time) {
	old := s.jobs[j.name]
	switch {
	case s.gone[j.uid]:
		delete(s.jobs, j.name) // whoever deleted it was faster than the answer
		return
	case old == nil || old.uid == "":
		j.due = due
	case old.uid != j.uid || watch.IsBefore(j.version, old.version):
		return
	default:
		j.due = old.due
	}
	s.jobs[j.name] = j
}

// drop forgets a Job.
func (s *jobSet) drop(name string, uid types.UID) {
	if s.inFlight > 0 {
		if s.gone == nil {
			s.gone = make(map[types.UID]bool)
		}
		s.gone[uid] = true
	}
	if old := s.jobs[name]; old != nil && (old.uid == uid || old.uid == "") {
		delete(s.jobs, name)
	}
}

// count returns how many Jobs are not finished, and how many of these are
// pending.
func (s *jobSet) count(conditions []string) (running, pending int) {
	for _, j := range s.jobs {
		if j.finished {
			continue
		}
		running++
		if s.isPending(j, conditions) {
			pending++
		}
	}
	return running, pending
}

func (s *jobSet) isPending(j *job, conditions []string) bool {
	for _, p := range s.pods[j.name] {
		if p.works(conditions) && (j.uid == "" || p.job == j.uid) {
			return false
		}
	}
	return true
}

// A pod is what is known of a Pod.
type pod struct {
	job  types.UID
	runs bool     // or has succeeded
	true []string // conditions
}

func newPod(p *corev1.Pod) *pod {
	known := &pod{runs: p.Status.Phase == corev1.PodRunning || p.Status.Phase == corev1.PodSucceeded}
	if owner := metav1.GetControllerOfNoCopy(p); owner != nil {
		known.job = owner.UID
	}
	for _, c := range p.Status.Conditions {
		if c.Status == corev1.ConditionTrue {
			known.true = append(known.true, string(c.Type))
		}
	}
	return known
}

// jobOf returns the name of the Job that a Pod belongs to.
func jobOf(p *corev1.Pod) string {
	if owner := metav1.GetControllerOfNoCopy(p); owner != nil {
		return owner.Name
	}
	return ""
}

// works says that the Pod ends what its Job waits for.
func (p *pod) works(conditions []string) bool {
	for _, c := range conditions {
		if !slices.Contains(p.true, c) {
			return false
		}
	}
	return len(conditions) > 0 || p.runs
}
