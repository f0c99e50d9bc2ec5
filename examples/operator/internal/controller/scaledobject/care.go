package scaledobject

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A care is one time that an object is taken care of.
type care struct {
	*object
	so *v1alpha1.ScaledObject

	direct    bool
	policy    autoscale.Policy
	resources []autoscalingv2.MetricSpec
	opened    controller.Opened
	current   int // replicas of the target

	problems []error             // what keeps the object from being taken care of as it is
	says     *v1alpha1.Condition // the HPA of itself
	again    time.Duration       // until it has to be looked at again even if nothing changes; 0: never
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
	paused, at, err := pausedAt(c.so)
	if paused && err == nil {
		return c.pause(ctx, at)
	}
	problems := []error{err}
	c.direct, err = isDirect(c.so, c.Direct)
	problems = append(problems, err)
	c.policy, err = Policy(c.so, c.direct)
	problems = append(problems, err)
	var resourceNames, warnings []string
	c.resources, resourceNames, warnings, err = resources(c.so)
	problems = append(problems, err)
	if err := errors.Join(problems...); err != nil {
		return err
	}
	if err := c.find(ctx); err != nil {
		return err
	}
	if err := c.open(ctx, warnings); err != nil {
		return err
	}
	c.describe(resourceNames)
	if c.Leads() {
		if err := c.write(ctx); err != nil {
			return errors.Join(err, controller.Close(c.opened.Triggers, c.triggers))
		}
	}
	return c.run(ctx)
}

// find finds the target.
func (c *care) find(ctx context.Context) error {
	ref, err := refOf(c.so)
	if err != nil {
		return fmt.Errorf("scaleTargetRef.apiVersion: %w", err)
	}
	if first := c.targets.of(ref)[0]; first != c.name {
		c.stop()
		if c.Leads() {
			if err := c.deleteHPAs(ctx, c.so.HPAName(), c.hpaName()); err != nil {
				return err
			}
		}
		return fmt.Errorf("scaleTargetRef: %s is scaled by ScaledObject %s already", ref, first.Name)
	}
	if c.target == nil || c.target.Ref() != ref {
		target, err := c.Workloads.Target(ctx, ref)
		if err != nil {
			return fmt.Errorf("scaleTargetRef: %w", err)
		}
		c.target = target
	}
	if c.current, err = c.target.Replicas(ctx); err != nil {
		return fmt.Errorf("scaleTargetRef: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kind = ref.Kind.Kind + " " + ref.Name
	resource := c.target.Resource()
	c.status.ScaleTargetKind = ref.Kind.GroupVersion().String() + "." + ref.Kind.Kind
	c.status.ScaleTargetGVKR = &v1alpha1.GroupVersionKindResource{
		Group: ref.Kind.Group, Version: ref.Kind.Version, Kind: ref.Kind.Kind, Resource: resource.Resource,
	}
	if c.status.OriginalReplicaCount == nil {
		n := int32(c.current)
		c.status.OriginalReplicaCount = &n
	}
	return nil
}

// open opens the triggers.
func (c *care) open(ctx context.Context, warnings []string) error {
	owner := auth.Owner{
		Namespace: c.so.Namespace, Name: c.so.Name, Container: c.so.Spec.ScaleTargetRef.EnvSourceContainerName,
		Formula: c.policy.Combine != nil,
	}
	if slices.ContainsFunc(c.so.Spec.Triggers, needsTemplate) {
		var err error
		if owner.Pod, err = c.target.Template(ctx); err != nil {
			return fmt.Errorf("scaleTargetRef: %w", err)
		}
	}
	c.opened = c.Opener.Open(ctx, c.so.Spec.Triggers, owner, c.triggers)
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

// needsTemplate says whether a trigger may refer to the pod template.
func needsTemplate(t v1alpha1.ScaleTriggers) bool {
	if t.AuthenticationRef != nil {
		return true
	}
	for key := range t.Metadata {
		if strings.Contains(key, "FromEnv") {
			return true
		}
	}
	return false
}

// describe puts into the status what the object comes to.
func (c *care) describe(resourceNames []string) {
	metrics := metricsOf(c.so, c.policy, c.opened.Triggers)
	var external []string
	for _, t := range c.opened.Triggers {
		external = append(external, t.Metric)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.ExternalMetricNames, c.status.ResourceMetricNames = external, resourceNames
	c.status.TriggersTypes, c.status.AuthenticationsTypes = controller.Types(c.so.Spec.Triggers)
	c.status.CompositeScalerName = ""
	if c.policy.Combine != nil {
		c.status.CompositeScalerName = hpa.Composite
	}
	c.fallback = c.policy.Fallback
	c.idles = !c.direct && c.policy.Idle != nil && *c.policy.Idle > 0
	if c.metrics = &metrics; c.direct {
		c.metrics = nil
		c.Provider.Withdraw(c.owner())
	}
	maps.DeleteFunc(c.status.TriggersActivity, func(metric string, _ v1alpha1.TriggerActivityStatus) bool {
		return !slices.Contains(external, metric)
	})
	c.but = c.undone()
	c.status.PausedReplicaCount = nil
	if before := v1alpha1.GetCondition(c.status.Conditions, v1alpha1.ConditionPaused); before.Status == metav1.ConditionTrue {
		c.set(controller.Condition(v1alpha1.ConditionPaused, metav1.ConditionFalse, v1alpha1.ReasonScaledObjectUnpaused, "Scaling goes on"))
		c.event(corev1.EventTypeNormal, v1alpha1.ReasonScaledObjectUnpaused, "Scaling goes on")
	}
}

// undone returns what is not done of what the object asks for, after a semicolon.
func (c *care) undone() string {
	switch {
	case c.direct && len(c.resources) > 0:
		return "; cpu and memory are not acted on, for they are read by an HPA, and there is none in direct mode"
	case !c.direct && c.hpa.intolerant:
		return "; " + noTolerance
	}
	return ""
}

// A led target is scaled by the leader only. A replica may have ceased to be it
// while it decided.
type led struct {
	*workload.Target
	leads func() bool
}

// SetReplicas implements autoscale.Workload.
func (l led) SetReplicas(ctx context.Context, n int) error {
	if !l.leads() {
		return controller.ErrNotLeading
	}
	return l.Target.SetReplicas(ctx, n)
}

// run has the triggers read, and the target scaled by them.
func (c *care) run(ctx context.Context) error {
	if len(c.opened.Triggers) == 0 {
		return c.rest(ctx)
	}
	policy := c.policy
	policy.Pause.All = !c.Leads()
	is := controller.DigestOf([]any{c.so.Spec, c.so.Annotations[v1alpha1.AnnotationMode], policy.Pause, c.direct, c.target.Ref()})
	if is == c.loop && controller.Same(c.triggers, c.opened.Triggers) {
		return nil
	}
	began := c.loop == controller.Digest{}
	c.mu.Lock()
	before := c.triggers
	c.triggers = c.opened.Triggers
	state := c.resumed(policy, c.current, time.Now())
	if began && c.metrics != nil {
		// Until the first round has come it is known that they exist.
		c.Provider.Publish(c.owner(), c.metrics.Values(autoscale.Round{Time: time.Now()}))
	}
	c.mu.Unlock()
	err := c.Runner.Set(c.key(), autoscale.Loop{ //nolint:contextcheck // what Set starts has the context of Run
		Policy:   policy,
		Triggers: controller.Loop(c.opened.Triggers),
		Workload: led{c.target, c.Leads},
		Interval: c.so.PollingInterval(),
		State:    state,
		Observe:  c.observe,
	})
	if err != nil {
		c.mu.Lock()
		c.triggers = before
		c.mu.Unlock()
		return errors.Join(err, controller.Close(c.opened.Triggers, before))
	}
	c.loop = is
	c.Telemetry.Set(c.key(), c.telemetry(false))
	if !began || c.so.CreationTimestamp.After(c.began) {
		c.Runner.Poke(c.key()) // somebody waits for it
	}
	if began && c.so.CreationTimestamp.After(c.began) {
		c.event(corev1.EventTypeNormal, controller.EventScalersStarted, "Reading %d triggers every %v", len(c.opened.Triggers), c.so.PollingInterval())
	}
	return nil
}

func (o *object) key() scalerkit.Key { return controller.ScaledObject.Key(o.name) }

// telemetry returns what is counted of the object.
func (c *care) telemetry(paused bool) telemetry.Object {
	return telemetry.Object{
		Kind: telemetry.ScaledObject, Namespace: c.name.Namespace, Name: c.name.Name,
		Paused: paused, Formula: c.policy.Combine != nil,
		Triggers: controller.Counted(c.so.Spec.Triggers, c.opened.Triggers),
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
		c.set(controller.Condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonScaledObjectCheckFailed, problem))
		if c.Leads() && problem != c.told {
			c.event(corev1.EventTypeWarning, v1alpha1.ReasonScaledObjectCheckFailed, "%s", problem)
		}
	case c.loop == controller.Digest{}:
		c.ready(controller.Condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonScaledObjectReady, "The object is valid"))
	case c.last != nil:
		c.ready(c.last.ready)
	case before != "":
		c.set(controller.Condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, "", ""))
	}
	if c.says != nil {
		c.set(*c.says)
	} else if c.status.HpaName == "" {
		v1alpha1.RemoveCondition(&c.status.Conditions, v1alpha1.ConditionHPAActive)
	}
	if c.Leads() {
		c.told = problem
	}
	c.Core.Status.Enqueue(c.object)
}
