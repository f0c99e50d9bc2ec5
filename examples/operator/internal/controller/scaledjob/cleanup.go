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

const cleanupWorkers = 4 // objects whose Jobs are deleted at once

// A cleanup is what a ScaledJob says about Jobs that are not needed any more.
type cleanup struct {
	keep    jobs.History
	replace bool // Jobs made from another jobTargetRef
	now     jobs.Origin
	how     metav1.DeletionPropagation
}

func cleanupOf(sj *v1alpha1.ScaledJob, target string) *cleanup {
	c := &cleanup{
		keep:    jobs.History{Succeeded: sj.SuccessfulJobsHistoryLimit(), Failed: sj.FailedJobsHistoryLimit()},
		replace: sj.RolloutStrategy() == v1alpha1.RolloutImmediate,
		now:     jobs.Origin{Generation: sj.Generation, Target: target},
		how:     metav1.DeletePropagationBackground,
	}
	if sj.PropagationPolicy() == v1alpha1.PropagationForeground {
		c.how = metav1.DeletePropagationForeground
	}
	return c
}

// needed says whether there are such Jobs.
func (c *cleanup) needed(tracker *jobs.Tracker, name types.NamespacedName) bool {
	return tracker.Past(name, c.keep) > 0 || c.replace && tracker.Outdated(name, c.now) > 0
}

// cleanUp deletes Jobs that are not needed any more until ctx ends.
func (r *Reconciler) cleanUp(ctx context.Context) error {
	var workers sync.WaitGroup
	for range cleanupWorkers {
		workers.Go(func() {
			for r.cleanUpNext(ctx) {
			}
		})
	}
	<-ctx.Done()
	r.cleanups.ShutDown()
	workers.Wait()
	return nil
}

func (r *Reconciler) cleanUpNext(ctx context.Context) (more bool) {
	name, ended := r.cleanups.Get()
	if ended {
		return false
	}
	defer r.cleanups.Done(name)
	o, ok := r.objects.Get(name)
	if !ok {
		r.cleanups.Forget(name)
		return true
	}
	if err := o.cleanUp(o.Guard(ctx)); err != nil && ctx.Err() == nil {
		r.Core.Logger.WarnContext(ctx, "cannot delete Jobs that are not needed any more", "namespace", name.Namespace, "name", name.Name, "error", err)
		r.cleanups.AddRateLimited(name)
		return true
	}
	r.cleanups.Forget(name)
	return true
}

// cleanUp deletes the Jobs of an object that are not needed any more.
func (o *object) cleanUp(ctx context.Context) error {
	s := o.Lock()
	c := s.cleanup
	o.Unlock()
	if c == nil {
		return nil
	}
	if c.replace {
		if err := o.replace(ctx, c); err != nil {
			return err
		}
	}
	_, err := o.reconciler.Tracker.Trim(ctx, o.Name, c.keep)
	return err
}

// replace deletes the Jobs that were made from another jobTargetRef.
func (o *object) replace(ctx context.Context, c *cleanup) error {
	n := o.reconciler.Tracker.Outdated(o.Name, c.now)
	if n == 0 {
		return nil
	}
	o.Event(corev1.EventTypeNormal, controller.EventRolloutStarted, "Deleting %d Jobs that were made from another jobTargetRef", n)
	deleted, err := o.reconciler.Tracker.Replace(ctx, o.Name, c.now, c.how)
	if err != nil {
		o.Event(corev1.EventTypeWarning, controller.EventRolloutFailed, "Deleted %d Jobs: %s", deleted, controller.TextOf(err))
		return err
	}
	o.Event(corev1.EventTypeNormal, controller.EventRolloutCompleted, "Deleted %d Jobs", deleted)
	return nil
}
