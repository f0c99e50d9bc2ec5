package scaledjob

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const cleaners = 4 // objects whose Jobs are cleared away at once

// A tidying is what a ScaledJob says about Jobs that are not needed any more.
type tidying struct {
	keep    jobs.History
	replace bool // Jobs made from another jobTargetRef
	now     jobs.Origin
	how     metav1.DeletionPropagation
}

func tidyingOf(sj *v1alpha1.ScaledJob, target string) *tidying {
	t := &tidying{
		keep:    jobs.History{Succeeded: sj.SuccessfulJobsHistoryLimit(), Failed: sj.FailedJobsHistoryLimit()},
		replace: sj.RolloutStrategy() == v1alpha1.RolloutImmediate,
		now:     jobs.Origin{Generation: sj.Generation, Target: target},
		how:     metav1.DeletePropagationBackground,
	}
	if sj.PropagationPolicy() == v1alpha1.PropagationForeground {
		t.how = metav1.DeletePropagationForeground
	}
	return t
}

// needed says whether there are such Jobs.
func (t *tidying) needed(tracker *jobs.Tracker, name types.NamespacedName) bool {
	return tracker.Past(name, t.keep) > 0 || t.replace && tracker.Outdated(name, t.now) > 0
}

// clean clears Jobs away until ctx ends.
func (r *Reconciler) clean(ctx context.Context) error {
	var workers sync.WaitGroup
	for range cleaners {
		workers.Go(func() {
			for r.cleanNext(ctx) {
			}
		})
	}
	<-ctx.Done()
	r.cleaning.ShutDown()
	workers.Wait()
	return nil
}

func (r *Reconciler) cleanNext(ctx context.Context) (more bool) {
	name, ended := r.cleaning.Get()
	if ended {
		return false
	}
	defer r.cleaning.Done(name)
	r.mu.Lock()
	o := r.objects[name]
	r.mu.Unlock()
	if o == nil {
		r.cleaning.Forget(name)
		return true
	}
	if err := o.clean(ctx); err != nil && ctx.Err() == nil {
		r.Logger.WarnContext(ctx, "cannot clear Jobs away", "namespace", name.Namespace, "name", name.Name, "error", err)
		r.cleaning.AddRateLimited(name)
		return true
	}
	r.cleaning.Forget(name)
	return true
}

// clean deletes the Jobs of an object that are not needed any more.
func (o *object) clean(ctx context.Context) error {
	o.mu.Lock()
	t := o.tidy
	o.mu.Unlock()
	if t == nil {
		return nil
	}
	if t.replace {
		if err := o.replace(ctx, t); err != nil {
			return err
		}
	}
	_, err := o.Tracker.Trim(ctx, o.name, t.keep)
	return err
}

// replace deletes the Jobs that were made from another jobTargetRef.
func (o *object) replace(ctx context.Context, t *tidying) error {
	n := o.Tracker.Outdated(o.name, t.now)
	if n == 0 {
		return nil
	}
	o.event(corev1.EventTypeNormal, controller.EventRolloutStarted, "Deleting %d Jobs that were made from another jobTargetRef", n)
	deleted, err := o.Tracker.Replace(ctx, o.name, t.now, t.how)
	if err != nil {
		o.event(corev1.EventTypeWarning, controller.EventRolloutFailed, "Deleted %d Jobs: %s", deleted, controller.TextOf(err))
		return err
	}
	o.event(corev1.EventTypeNormal, controller.EventRolloutCompleted, "Deleted %d Jobs", deleted)
	return nil
}
