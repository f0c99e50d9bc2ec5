package scaledobject

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A reconciliation is one attempt to do what a ScaledObject asks for.
type reconciliation struct {
	controller.Reconciliation
	object *object
	so     *v1alpha1.ScaledObject

	direct    bool
	policy    autoscale.Policy
	resources []autoscalingv2.MetricSpec
	replicas  int // of the target
}

func (o *object) reconcile(ctx context.Context, so *v1alpha1.ScaledObject) (reconcile.Result, error) {
	r := &reconciliation{object: o, so: so}
	r.Triggers, r.Interval, r.Labels = so.Spec.Triggers, so.PollingInterval(), so.Labels
	return o.Reconcile(ctx, &r.Reconciliation, r.do)
}

// do does what the object asks for, as far as it can. An error means that what
// runs is left as it is.
func (r *reconciliation) do(ctx context.Context) error {
	paused, at, err := keda.Paused(r.so)
	if paused && err == nil {
		return r.pause(ctx, at)
	}
	var mode, policy, resources error
	var warnings []string
	r.direct, mode = keda.Direct(r.so, r.object.reconciler.Direct)
	r.policy, policy = keda.Policy(r.so, r.direct)
	r.resources, warnings, resources = keda.Resources(r.so)
	if err := errors.Join(mode, policy, resources); err != nil {
		return err
	}
	r.Formula = r.policy.Combine != nil
	if err := r.findTarget(ctx); err != nil {
		return err
	}
	if err := r.open(ctx, warnings); err != nil {
		return err
	}
	r.describe()
	if r.object.Owns() {
		if err := r.ensureHPA(ctx); err != nil {
			return errors.Join(err, r.object.Discard(&r.Reconciliation))
		}
	}
	return r.run(ctx)
}

// findTarget finds the target, and how many replicas it has.
func (r *reconciliation) findTarget(ctx context.Context) error {
	ref, err := refOf(r.so)
	if err != nil {
		return fmt.Errorf("scaleTargetRef.apiVersion: %w", err)
	}
	o := r.object
	if first := o.reconciler.targets.of(ref)[0]; first != o.Name {
		o.Stop()
		if o.Owns() {
			if err := o.deleteHPAs(ctx, r.so.HPAName(), o.hpaName()); err != nil {
				return err
			}
		}
		return fmt.Errorf("scaleTargetRef: %s is scaled by ScaledObject %s already", ref, first.Name)
	}
	if o.target == nil || o.target.Ref() != ref {
		target, err := o.Core.Workloads.Target(ctx, ref)
		if err != nil {
			return fmt.Errorf("scaleTargetRef: %w", err)
		}
		o.target = target
	}
	if r.replicas, err = o.target.Replicas(ctx); err != nil {
		return fmt.Errorf("scaleTargetRef: %w", err)
	}
	s := o.Lock()
	defer o.Unlock()
	s.target = targetName(ref)
	resource := o.target.Resource()
	s.status.ScaleTargetKind = ref.Kind.GroupVersion().String() + "." + ref.Kind.Kind
	s.status.ScaleTargetGVKR = &v1alpha1.GroupVersionKindResource{
		Group: ref.Kind.Group, Version: ref.Kind.Version, Kind: ref.Kind.Kind, Resource: resource.Resource,
	}
	if s.status.OriginalReplicaCount == nil {
		n := int32(r.replicas)
		s.status.OriginalReplicaCount = &n
	}
	return nil
}

// targetName returns what events call a target, "Deployment worker".
func targetName(ref workload.Ref) string { return ref.Kind.Kind + " " + ref.Name }

// open opens the triggers.
func (r *reconciliation) open(ctx context.Context, warnings []string) error {
	owner := keda.OwnerOf(r.so, nil)
	if slices.ContainsFunc(r.Triggers, keda.RefersElsewhere) {
		var err error
		if owner.Pod, err = r.object.target.Template(ctx); err != nil {
			return fmt.Errorf("scaleTargetRef: %w", err)
		}
	}
	return r.object.Open(ctx, &r.Reconciliation, &r.object.reconciler.objects.Refs, owner, warnings)
}

// describe puts into the status what the object comes to.
func (r *reconciliation) describe() {
	metrics := keda.Metrics(r.so, r.policy, controller.Plain(r.Opened.Triggers))
	o := r.object
	s := o.Lock()
	defer o.Unlock()
	o.Describe(s, &r.Reconciliation)
	s.status.ResourceMetricNames = resourceNames(r.resources)
	s.status.CompositeScalerName = ""
	if r.Formula {
		s.status.CompositeScalerName = hpa.Composite
	}
	s.status.PausedReplicaCount = nil
	s.fallback = r.policy.Fallback
	s.hasIdle = !r.direct && r.policy.Idle != nil && *r.policy.Idle > 0
	if s.metrics = &metrics; r.direct {
		s.metrics = nil
		o.reconciler.Provider.Withdraw(o.owner())
	}
	s.Caveat = r.caveat()
}

// resourceNames returns what the metrics are called that the HPA reads by itself.
func resourceNames(specs []autoscalingv2.MetricSpec) []string {
	var names []string
	for _, s := range specs {
		if s.Resource != nil {
			names = append(names, string(s.Resource.Name))
		} else {
			names = append(names, string(s.ContainerResource.Name))
		}
	}
	return names
}

// caveat returns what is not done of what the object asks for, after a semicolon.
func (r *reconciliation) caveat() string {
	switch {
	case r.direct && len(r.resources) > 0:
		return "; cpu and memory are not acted on, for they are read by an HPA, and there is none in direct mode"
	case !r.direct && r.object.hpa.intolerant:
		return "; " + noTolerance
	}
	return ""
}

// An ownTarget is scaled only by the replica that owns the object. It may have
// ceased to be that while it decided.
type ownTarget struct {
	*workload.Target
	object *object
}

// SetReplicas implements control.Workload.
func (t ownTarget) SetReplicas(ctx context.Context, n int) error {
	if !t.object.Owns() {
		return controller.ErrNotLeading
	}
	return t.Target.SetReplicas(t.object.Guard(ctx), n)
}

// run has the triggers read, and the target scaled by them.
func (r *reconciliation) run(ctx context.Context) error {
	if len(r.Opened.Triggers) == 0 {
		return r.activate(ctx)
	}
	o := r.object
	policy := r.policy
	policy.Pause.All = !o.Owns()
	of := controller.DigestOf([]any{r.so.Spec, r.so.Annotations[v1alpha1.AnnotationMode], policy.Pause, r.direct, o.target.Ref()})
	began, same := o.Runs(&r.Reconciliation, of)
	if same {
		return nil
	}
	s := o.Lock()
	state := o.resume(s, policy, r.replicas, time.Now())
	if !began && s.metrics != nil {
		// Until the first round has come it is known that they exist.
		o.reconciler.Provider.Publish(o.owner(), s.metrics.Values(control.Round{Time: time.Now()}))
	}
	o.Unlock()
	return o.Run(&r.Reconciliation, of, control.Loop{
		Policy:   policy,
		Workload: ownTarget{o.target, o},
		State:    state,
		Scaling:  o.publish,
		Observe:  o.observe,
	})
}
