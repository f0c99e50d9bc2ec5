package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Reconciliation is one attempt to do what an object asks for.
type Reconciliation struct {
	// Triggers, Interval and Labels are the object's.
	Triggers []v1alpha1.ScaleTriggers
	Interval time.Duration
	Labels   map[string]string

	// Formula says that a formula takes the triggers together.
	Formula bool

	// Opened is what came of Open.
	Opened Opened

	problems []error       // what keeps the object from being reconciled as it is
	after    time.Duration // until it has to be reconciled again even if nothing changes; 0: never
}

// After has the object reconciled again after that time at the latest.
func (r *Reconciliation) After(wait time.Duration) {
	if r.after == 0 || wait < r.after {
		r.after = max(wait, time.Second)
	}
}

// Reconcile does what the object asks for, as far as that can be done, and says
// in its status what cannot. An error of do means that what runs is left as it
// is. The error that is returned says that the API server has not done its part.
func (o *Object[S]) Reconcile(ctx context.Context, r *Reconciliation, do func(context.Context) error) (reconcile.Result, error) {
	o.Lock().Common().Recorded = o.Core.Rounds.of(r.Labels)
	o.Unlock()
	if err := do(ctx); err != nil && IsTransient(err) {
		return reconcile.Result{}, err
	} else if err != nil {
		r.problems = append(r.problems, err)
	}
	if r.problems == nil {
		o.failures = 0
	} else {
		r.After(min(FirstRetry<<min(o.failures, 10), LastRetry))
		o.failures++
		o.Core.Telemetry.Failed(o.Key())
	}
	o.conclude(TextOf(errors.Join(r.problems...)))
	return reconcile.Result{RequeueAfter: r.after}, nil
}

// conclude puts into the status how it went.
func (o *Object[S]) conclude(problem string) {
	s := o.Lock().Common()
	defer o.Unlock()
	before := s.Problem
	s.Problem = problem
	switch {
	case problem != "":
		s.Set(Condition(v1alpha1.ConditionReady, metav1.ConditionFalse, o.Kind.reason(reasonCheckFailed), problem))
		if o.Owns() && problem != s.reported {
			o.Event(corev1.EventTypeWarning, o.Kind.reason(reasonCheckFailed), "%s", problem)
		}
	case o.loop == Digest{}:
		o.setReady(s, Condition(v1alpha1.ConditionReady, metav1.ConditionTrue, o.Kind.reason(reasonReady), "The object is valid"))
	case s.Last != nil:
		o.setReady(s, s.Last.Ready)
	case before != "":
		s.Set(Condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, "", ""))
	}
	if o.Owns() {
		s.reported = problem
	}
	o.EnqueueStatus()
}

// Open opens the triggers. Warnings are reported along with those that come of
// it, each once.
func (o *Object[S]) Open(ctx context.Context, r *Reconciliation, refs *Refs, owner keda.Owner, warnings []string) error {
	r.Opened = o.Core.Opener.Open(ctx, r.Triggers, owner, o.triggers())
	r.problems = append(r.problems, r.Opened.Problems...)
	if at := r.Opened.Expires; !at.IsZero() {
		r.After(time.Until(at))
	}
	warnings = append(warnings, r.Opened.Warnings...)
	for _, warning := range warnings {
		if !slices.Contains(o.warnings, warning) {
			o.Event(corev1.EventTypeWarning, EventScalerInfo, "%s", warning)
		}
	}
	o.warnings = warnings
	if err := refs.Set(ctx, o.Name, r.Opened.Refs); err != nil {
		return errors.Join(err, o.Discard(r))
	}
	return nil
}

// Discard closes what was opened and does not run.
func (o *Object[S]) Discard(r *Reconciliation) error { return Close(r.Opened.Triggers, o.triggers()) }

func (o *Object[S]) triggers() []Trigger {
	defer o.Unlock()
	return o.Lock().Common().Triggers
}

// Describe puts into the status what the object comes to.
func (o *Object[S]) Describe(guarded S, r *Reconciliation) {
	s := guarded.Common()
	var external []string
	for _, t := range r.Opened.Triggers {
		external = append(external, t.Metric)
	}
	*s.ExternalMetricNames = external
	*s.TriggersTypes, *s.AuthenticationsTypes = Types(r.Triggers)
	s.Activities = slices.DeleteFunc(s.Activities, func(a TriggerActivity) bool { return !slices.Contains(external, a.Metric) })
	s.Formula = r.Formula
	if s.Condition(v1alpha1.ConditionPaused).Status == metav1.ConditionTrue {
		s.Set(Condition(v1alpha1.ConditionPaused, metav1.ConditionFalse, o.Kind.reason(reasonUnpaused), "Scaling goes on"))
		o.Event(corev1.EventTypeNormal, o.Kind.reason(reasonUnpaused), "Scaling goes on")
	}
}

// Pause puts into the status that the object is paused. The caller has stopped
// it.
func (o *Object[S]) Pause(r *Reconciliation) {
	o.Count(r, true)
	s := o.Lock().Common()
	defer o.Unlock()
	before := s.Set(Condition(v1alpha1.ConditionPaused, metav1.ConditionTrue, o.Kind.reason(reasonPaused), "An annotation pauses scaling"))
	if before.Status != metav1.ConditionTrue {
		o.Event(corev1.EventTypeNormal, o.Kind.reason(reasonPaused), "An annotation pauses scaling")
	}
}

// Count has the metrics of the operator count the object.
func (o *Object[S]) Count(r *Reconciliation, paused bool) {
	counted := telemetry.ScaledObject
	if o.Kind == ScaledJob {
		counted = telemetry.ScaledJob
	}
	o.Core.Telemetry.Set(o.Key(), telemetry.Object{
		Kind: counted, Namespace: o.Name.Namespace, Name: o.Name.Name,
		Paused: paused, Formula: r.Formula, Triggers: Counted(r.Triggers, r.Opened.Triggers),
	})
}

// Runs says whether there is a Loop, and it was made of the same and has the
// triggers that were opened.
func (o *Object[S]) Runs(r *Reconciliation, of Digest) (began, same bool) {
	return o.loop != Digest{}, of == o.loop && Same(o.triggers(), r.Opened.Triggers)
}

// Run has a Loop with the triggers that were opened take the place of the one
// that there is.
func (o *Object[S]) Run(r *Reconciliation, of Digest, loop control.Loop) error {
	before := o.triggers()
	o.setTriggers(r.Opened.Triggers)
	loop.Triggers, loop.Interval = Loop(r.Opened.Triggers), r.Interval
	if err := o.Core.Runner.Set(o.Key(), loop); err != nil {
		o.setTriggers(before)
		return errors.Join(err, o.Discard(r))
	}
	first := o.loop == Digest{}
	o.loop = of
	o.Count(r, false)
	if !first || o.New || o.term != nil {
		o.Core.Runner.Poke(o.Key()) // somebody waits for it: who made or changed it, or the HPA of one that has moved
	}
	if first && o.New {
		var types []string
		for _, t := range r.Opened.Triggers {
			types = append(types, t.Type)
		}
		o.Event(corev1.EventTypeNormal, EventScalersStarted, "Reading %s every %v", *list(types), r.Interval)
	}
	return nil
}

func (o *Object[S]) setTriggers(triggers []Trigger) {
	o.Lock().Common().Triggers = triggers
	o.Unlock()
}

// SetFinalizer makes the object have KEDA's finalizer, or not.
func (o *Object[S]) SetFinalizer(ctx context.Context, object client.Object, wanted bool) error {
	changed, ok := object.DeepCopyObject().(client.Object)
	if !ok || wanted && !controllerutil.AddFinalizer(changed, v1alpha1.Finalizer) ||
		!wanted && !controllerutil.RemoveFinalizer(changed, v1alpha1.Finalizer) {
		return nil
	}
	err := o.Core.Client.Patch(ctx, changed, client.MergeFromWithOptions(object, client.MergeFromWithOptimisticLock{}))
	if !wanted {
		err = client.IgnoreNotFound(err) // it was removed before, and the cache does not know
	}
	if err != nil {
		return fmt.Errorf("changing the finalizer: %w", err)
	}
	return nil
}
