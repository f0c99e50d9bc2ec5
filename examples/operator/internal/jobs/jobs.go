package jobs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/pages"
	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const (
	// lag is how long a watch may be behind what was created. After that the
	// API server is asked.
	lag = 30 * time.Second

	atATime = 16 // requests for one ScaledJob
)

// Jobs are the Jobs of one ScaledJob.
type Jobs struct {
	Tracker   *Tracker
	ScaledJob types.NamespacedName

	// Template is what Jobs are made from; see [Template]. It is not changed.
	Template *batchv1.Job

	// PendingPodConditions are the conditions that a Pod of a Job has to have
	// for the Job not to be pending any more. Without any, it has to be
	// running or to have succeeded.
	PendingPodConditions []string
}

var _ control.Jobs = (*Jobs)(nil)

// Count implements [control.Jobs].
func (j *Jobs) Count(ctx context.Context) (running, pending int, err error) {
	if err := j.confirm(ctx); err != nil {
		return 0, 0, err
	}
	if err := j.verify(ctx); err != nil {
		return 0, 0, err
	}
	t := j.Tracker
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.hasSynced() {
		return 0, 0, errors.New("the API server has not listed Jobs and Pods yet")
	}
	running, pending = t.jobsOf(j.ScaledJob).count(j.PendingPodConditions)
	return running, pending, nil
}

// confirm asks the API server once for the Jobs that there are: a watch may
// begin with what there was some time ago.
func (j *Jobs) confirm(ctx context.Context) error {
	t := j.Tracker
	t.mu.Lock()
	confirmed := t.jobsOf(j.ScaledJob).confirmed
	t.mu.Unlock()
	if confirmed {
		return nil
	}
	defer t.beginRequest(j.ScaledJob)()
	var found []*batchv1.Job
	of := client.ListOptions{Namespace: j.ScaledJob.Namespace}
	client.MatchingLabels{v1alpha1.LabelScaledJobName: j.ScaledJob.Name}.ApplyToList(&of)
	_, err := pages.Each(ctx, t.Reader, func() client.ObjectList { return &batchv1.JobList{} }, of, func(o runtime.Object) error {
		found = append(found, o.(*batchv1.Job))
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the Jobs: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.jobsOf(j.ScaledJob)
	for _, job := range found {
		c.expect(newJob(job), time.Now().Add(lag))
	}
	c.confirmed = true
	return nil
}

// verify asks the API server for the Jobs that watches should have told of.
func (j *Jobs) verify(ctx context.Context) error {
	t := j.Tracker
	t.mu.Lock()
	var due []*job
	for _, known := range t.jobsOf(j.ScaledJob).jobs {
		if !known.due.IsZero() && !time.Now().Before(known.due) {
			due = append(due, known)
		}
	}
	t.mu.Unlock()

	errs := make([]error, len(due))
	each.Do(len(due), atATime, func(i int) {
		var found batchv1.Job
		err := t.Reader.Get(ctx, types.NamespacedName{Namespace: j.ScaledJob.Namespace, Name: due[i].name}, &found)
		if client.IgnoreNotFound(err) != nil {
			errs[i] = fmt.Errorf("look for Job %s: %w", due[i].name, err)
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		c := t.jobsOf(j.ScaledJob)
		if c.jobs[due[i].name] != due[i] {
			return // a watch has told of it meanwhile
		}
		delete(c.jobs, due[i].name)
		if err == nil && (found.UID == due[i].uid || due[i].uid == "") {
			c.expect(newJob(&found), time.Now().Add(lag))
		}
	})
	return errors.Join(errs...)
}

// Create implements [control.Jobs]. Jobs of which the API server does not say
// whether it created them count as created, until it says that they do not
// exist. The error is a [*CreateError].
func (j *Jobs) Create(ctx context.Context, n int) (created int, err error) {
	defer j.Tracker.beginRequest(j.ScaledJob)()
	unanswered, errs := make([]bool, n), make([]error, n)
	each.Do(n, atATime, func(i int) { unanswered[i], errs[i] = j.create(ctx) })

	result := CreateError{Wanted: n}
	for i := range n {
		switch {
		case errs[i] == nil:
			result.Created++
			continue
		case unanswered[i]:
			result.Unanswered++
		}
		result.Errs = append(result.Errs, errs[i])
	}
	if len(result.Errs) > 0 {
		err = &result
	}
	return result.Created + result.Unanswered, err
}

// create creates one Job. Unanswered says that it is not known whether that
// failed.
func (j *Jobs) create(ctx context.Context) (unanswered bool, err error) {
	// The name is made here, and not by the API server, so that the Job can be
	// looked for if there is no answer.
	wanted := j.Template.DeepCopy()
	wanted.Name = wanted.GenerateName + rand.String(suffix)
	name := wanted.Name
	err = j.Tracker.Client.Create(ctx, wanted)
	if err != nil && !mayHaveWorked(err) {
		return false, fmt.Errorf("create Job %s: %w", name, err)
	}
	t := j.Tracker
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.jobsOf(j.ScaledJob)
	if err == nil {
		c.expect(newJob(wanted), time.Now().Add(lag))
		return false, nil
	}
	if c.jobs[name] == nil { // a watch may have told of it
		unsure := newJob(wanted)
		unsure.uid, unsure.due = "", time.Now().Add(lag)
		c.jobs[name] = unsure
	}
	return true, fmt.Errorf("create Job %s: %w", name, err)
}

// mayHaveWorked says whether a request that failed may have been carried out.
func mayHaveWorked(err error) bool {
	if errors.Is(err, shard.ErrNotHeld) {
		return false
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Code >= http.StatusInternalServerError
	}
	var dial *net.OpError
	return !errors.As(err, &dial) || dial.Op != "dial"
}

// A CreateError says that not all Jobs were created.
type CreateError struct {
	Wanted     int // of these,
	Created    int // that many were created for sure, and
	Unanswered int // that many may have been

	// Errs is one for each Job that was not created for sure.
	Errs []error
}

// Error implements error.
func (e *CreateError) Error() string {
	text := fmt.Sprintf("%d of %d Jobs were not created", e.Wanted-e.Created-e.Unanswered, e.Wanted)
	if e.Unanswered > 0 {
		text += fmt.Sprintf(", and of %d it is not known", e.Unanswered)
	}
	text += ": " + e.Errs[0].Error()
	if more := len(e.Errs) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// Unwrap returns e.Errs.
func (e *CreateError) Unwrap() []error { return e.Errs }
