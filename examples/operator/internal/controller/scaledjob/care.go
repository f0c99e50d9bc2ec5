package scaledjob

import (
	"context"
	"errors"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A care is one time that an object is taken care of.
type care struct {
	*object
	sj *v1alpha1.ScaledJob

	policy autoscale.JobPolicy
	opened controller.Opened

	problems []error       // what keeps the object from being taken care of as it is
	again    time.Duration // until it has to be looked at again even if nothing changes; 0: never
}

// take takes care of the object. The error says that the API server has not
// done its part.
func (c *care) take(ctx context.Context) error {
	err := c.do(ctx)
	if err != nil && controller.IsTransient(err) {
		return err
	}
	if err != nil {
		c.problems = append(c.problems, err)
	}
	if c.problems == nil {
		c.refused = 0
	} else {
		c.after(min(firstRetry<<min(c.refused, 10), lastRetry))
		c.refused++
		c.Telemetry.Failed(c.key())
	}
	c.conclude()
	return nil
}

// after has the object looked at again after that time at the latest.
func (c *care) after(wait time.Duration) {
	if c.again == 0 || wait < c.again {
		c.again = max(wait, time.Second)
	}
}

// do does what the object asks for, as far as it can. An error means that what
// runs is left as it is.
func (c *care) do(ctx context.Context) error {
	if v1alpha1.Enabled(c.sj, v1alpha1.AnnotationPaused) {
		c.pause()
		return nil
	}
	var warnings []string
	var err error
	if c.policy, warnings, err = Policy(c.sj); err != nil {
		return err
	}
	if err := c.open(ctx, warnings); err != nil {
		return err
	}
	c.describe()
	return c.run() //nolint:contextcheck // the Loop outlives this
}

// open opens the triggers.
func (c *care) open(ctx context.Context, warnings []string) error {
	owner := auth.Owner{
		Namespace: c.sj.Namespace,
		Name:      c.sj.Name,
		Pod:       &c.sj.Spec.JobTargetRef.Template,
		Container: c.sj.Spec.EnvSourceContainerName,
	}
	c.opened = c.Opener.Open(ctx, c.sj.Spec.Triggers, owner, c.triggers)
	c.problems = append(c.problems, c.opened.Problems...)
	if at := c.opened.Expires; !at.IsZero() {
		c.after(time.Until(at))
	}
	warnings = append(warnings, c.opened.Warnings...)
	for _, warning := range warnings {
		if !slices.Contains(c.warnings, warning) {
			c.event(corev1.EventTypeWarning, controller.EventScalerInfo, "%s", warning)
		}
	}
	c.warnings = warnings
	return c.refs.Set(ctx, c.name, c.opened.Refs)
}

// describe puts into the status what the object comes to.
func (c *care) describe() {
	var external []string
	for _, t := range c.opened.Triggers {
		external = append(external, t.Metric)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.ExternalMetricNames = external
	c.status.TriggersTypes, c.status.AuthenticationsTypes = controller.Types(c.sj.Spec.Triggers)
	before := c.set(controller.Condition(v1alpha1.ConditionPaused, metav1.ConditionFalse, v1alpha1.ReasonScaledJobUnpaused, "Jobs are created"))
	if before.Status == metav1.ConditionTrue {
		c.event(corev1.EventTypeNormal, v1alpha1.ReasonScaledJobUnpaused, "Jobs are created again")
	} else {
		c.set(before)
	}
}

// run has the triggers read, and Jobs created by them.
func (c *care) run() error {
	is := controller.DigestOf([]any{c.sj.Spec, c.sj.Generation, c.sj.Labels, c.sj.Annotations})
	if is == c.loop && controller.Same(c.triggers, c.opened.Triggers) {
		return nil
	}
	began := c.loop == controller.Digest{}
	c.mu.Lock()
	before, state := c.triggers, c.state
	c.triggers = c.opened.Triggers
	c.mu.Unlock()
	err := c.Runner.Set(c.key(), autoscale.Loop{
		Triggers: controller.Loop(c.opened.Triggers),
		Interval: c.sj.PollingInterval(),
		Observe:  c.observe,
		Jobs: &autoscale.JobLoop{
			Policy: c.policy,
			State:  state,
			Commit: c.commit,
			Jobs: &jobs.Jobs{
				Tracker:              c.Tracker,
				ScaledJob:            c.name,
				Template:             jobs.Template(c.sj, c.Version, c.target),
				PendingPodConditions: c.sj.Spec.ScalingStrategy.PendingPodConditions,
			},
		},
	})
	if err != nil {
		c.mu.Lock()
		c.triggers = before
		c.mu.Unlock()
		return errors.Join(err, controller.Close(c.opened.Triggers, before))
	}
	c.loop = is
	c.mu.Lock()
	c.tidy = tidyingOf(c.sj, c.target)
	c.mu.Unlock()
	c.cleaning.Add(c.name)
	c.Telemetry.Set(c.key(), c.telemetry(false))
	isNew := c.sj.CreationTimestamp.After(c.began)
	if !began || isNew {
		c.Runner.Poke(c.key()) // somebody waits for it
	}
	if began && isNew {
		types, _ := controller.Types(c.sj.Spec.Triggers)
		c.event(corev1.EventTypeNormal, controller.EventScalersStarted, "Reading %s every %v", *types, c.sj.PollingInterval())
	}
	return nil
}

// telemetry returns what is counted of the object.
func (c *care) telemetry(paused bool) telemetry.Object {
	return telemetry.Object{
		Kind: telemetry.ScaledJob, Namespace: c.name.Namespace, Name: c.name.Name,
		Paused: paused, Triggers: controller.Counted(c.sj.Spec.Triggers, c.opened.Triggers),
	}
}

// pause stops creating Jobs. Those that there are go on.
func (c *care) pause() {
	c.stop()
	c.Telemetry.Set(c.key(), c.telemetry(true))
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.set(controller.Condition(v1alpha1.ConditionPaused, metav1.ConditionTrue, v1alpha1.ReasonScaledJobPaused, "An annotation pauses scaling"))
	if before.Status != metav1.ConditionTrue {
		c.event(corev1.EventTypeNormal, v1alpha1.ReasonScaledJobPaused, "An annotation pauses scaling")
	}
}

// conclude puts into the status how it went.
func (c *care) conclude() {
	problem := controller.TextOf(errors.Join(c.problems...))
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.problem
	c.problem = problem
	switch {
	case problem != "":
		c.set(controller.Condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonScaledJobCheckFailed, problem))
		if c.Leads() && problem != c.told {
			c.event(corev1.EventTypeWarning, v1alpha1.ReasonScaledJobCheckFailed, "%s", problem)
		}
	case c.loop == controller.Digest{}:
		c.ready(controller.Condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonScaledJobReady, "The object is valid"))
	case c.last != nil:
		c.ready(c.last.ready)
	case before != "":
		c.set(controller.Condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, "", ""))
	}
	if c.Leads() {
		c.told = problem
	}
	c.Core.Status.Enqueue(c.object)
}

// delete does what is to be done before an object is gone: nothing, for its
// Jobs go with it. KEDA leaves a finalizer on its objects.
func (o *object) delete(ctx context.Context, sj *v1alpha1.ScaledJob) (reconcile.Result, error) {
	o.stop()
	if !slices.Contains(sj.Finalizers, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	changed := sj.DeepCopy()
	changed.Finalizers = slices.DeleteFunc(changed.Finalizers, func(f string) bool { return f == v1alpha1.Finalizer })
	err := o.Client.Patch(ctx, changed, client.MergeFromWithOptions(sj, client.MergeFromWithOptimisticLock{}))
	return reconcile.Result{}, client.IgnoreNotFound(err)
}
