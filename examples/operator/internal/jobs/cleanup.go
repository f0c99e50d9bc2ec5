package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/internal/each"
)

// A History is how many finished Jobs are kept.
type History struct{ Succeeded, Failed int }

// Past returns how many finished Jobs there are beyond the limits.
func (t *Tracker) Past(scaledJob types.NamespacedName, keep History) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	succeeded, failed := t.finished(scaledJob)
	return max(len(succeeded)-keep.Succeeded, 0) + max(len(failed)-keep.Failed, 0)
}

// past returns the finished Jobs beyond the limits, which are those that ended
// first. The caller holds the mutex.
func (t *Tracker) past(scaledJob types.NamespacedName, keep History) []*job {
	succeeded, failed := t.finished(scaledJob)
	return append(oldest(succeeded, keep.Succeeded), oldest(failed, keep.Failed)...)
}

// finished returns the finished Jobs that are not to go already. The caller
// holds the mutex.
func (t *Tracker) finished(scaledJob types.NamespacedName) (succeeded, failed []*job) {
	c := t.sets[scaledJob]
	if c == nil {
		return nil, nil
	}
	for _, j := range c.jobs {
		switch {
		case !j.finished || j.deleted:
		case j.failed:
			failed = append(failed, j)
		default:
			succeeded = append(succeeded, j)
		}
	}
	return succeeded, failed
}

// oldest returns all but the newest.
func oldest(jobs []*job, but int) []*job {
	slices.SortFunc(jobs, func(a, b *job) int { return cmp.Or(a.ended.Compare(b.ended), cmp.Compare(a.name, b.name)) })
	return jobs[:max(len(jobs)-but, 0)]
}

// An Origin is what Jobs are made from.
type Origin struct {
	Generation int64 // of the ScaledJob

	// Target is a digest of jobTargetRef as it is stored. What an upgrade of
	// the operator makes of the same jobTargetRef does not change it.
	Target string
}

// Outdated returns how many Jobs of a ScaledJob were made from another
// jobTargetRef than it has now. A Job that does not say from which is none of
// them: KEDA made it, or an operator that did not write it down.
func (t *Tracker) Outdated(scaledJob types.NamespacedName, now Origin) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.outdated(scaledJob, now))
}

// outdated returns these Jobs. One that is made from a later generation was so
// by another leader, who knows more. The caller holds the mutex.
func (t *Tracker) outdated(scaledJob types.NamespacedName, now Origin) []*job {
	c := t.sets[scaledJob]
	if c == nil {
		return nil
	}
	var outdated []*job
	for _, j := range c.jobs {
		if j.deleted || j.uid == "" || j.target == "" || j.target == now.Target {
			continue
		}
		if of, err := strconv.ParseInt(j.generation, 10, 64); err != nil || of < now.Generation {
			outdated = append(outdated, j)
		}
	}
	return outdated
}

// Trim deletes the finished Jobs beyond the limits, and returns how many it did.
func (t *Tracker) Trim(ctx context.Context, scaledJob types.NamespacedName, keep History) (int, error) {
	t.mu.Lock()
	past := t.past(scaledJob, keep)
	t.mu.Unlock()
	return t.delete(ctx, scaledJob, past, metav1.DeletePropagationBackground)
}

// Replace deletes the Jobs that [Tracker.Outdated] counts, running ones too,
// and returns how many it did.
func (t *Tracker) Replace(ctx context.Context, scaledJob types.NamespacedName, now Origin, how metav1.DeletionPropagation) (int, error) {
	t.mu.Lock()
	outdated := t.outdated(scaledJob, now)
	t.mu.Unlock()
	return t.delete(ctx, scaledJob, outdated, how)
}

// delete deletes Jobs. Those that are gone already need not be.
func (t *Tracker) delete(ctx context.Context, scaledJob types.NamespacedName, jobs []*job, how metav1.DeletionPropagation) (int, error) {
	errs := make([]error, len(jobs))
	each.Do(len(jobs), atATime, func(i int) {
		name, uid := jobs[i].name, jobs[i].uid
		object := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: scaledJob.Namespace, Name: name}}
		err := t.Client.Delete(ctx, object, client.PropagationPolicy(how), client.Preconditions{UID: &uid})
		if client.IgnoreNotFound(err) != nil {
			errs[i] = fmt.Errorf("delete Job %s: %w", name, err)
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if j := t.jobsOf(scaledJob).jobs[name]; j != nil && j.uid == uid {
			j.deleted = true
		}
	})
	deleted := 0
	for _, err := range errs {
		if err == nil {
			deleted++
		}
	}
	return deleted, errors.Join(errs...)
}
