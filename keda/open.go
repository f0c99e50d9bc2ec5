package keda

import (
	"cmp"
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// OwnerOf returns what the triggers of a ScaledObject belong to. The pod template
// of its workload may be nil; nothing of an environment is known then.
func OwnerOf(so *v1alpha1.ScaledObject, pod *corev1.PodTemplateSpec) Owner {
	owner := Owner{
		Namespace: so.Namespace, Name: so.Name, Pod: pod,
		Formula: so.Spec.Advanced != nil && so.Spec.Advanced.ScalingModifiers != (v1alpha1.ScalingModifiers{}),
	}
	if so.Spec.ScaleTargetRef != nil {
		owner.Container = so.Spec.ScaleTargetRef.EnvSourceContainerName
	}
	return owner
}

// OwnerOfJobs returns what the triggers of a ScaledJob belong to.
func OwnerOfJobs(sj *v1alpha1.ScaledJob) Owner {
	owner := Owner{Namespace: sj.Namespace, Name: sj.Name, Container: sj.Spec.EnvSourceContainerName}
	if sj.Spec.JobTargetRef != nil {
		owner.Pod = &sj.Spec.JobTargetRef.Template
	}
	return owner
}

// Specs returns the triggers as a Registry opens them, but for those of cpu and
// memory, which only an HPA reads, and everything that is wrong with what they
// refer to.
func Specs(ctx context.Context, r Resolver, triggers []v1alpha1.ScaleTriggers, owner Owner) ([]scalerkit.Spec, error) {
	var specs []scalerkit.Spec
	var problems []error
	for _, t := range triggers {
		if IsResource(t.Type) {
			continue
		}
		resolved, err := r.Spec(ctx, t, owner)
		specs, problems = append(specs, resolved.Spec), append(problems, joined.Each("", err)...)
	}
	return specs, errors.Join(problems...)
}

// A Trigger is a trigger of an object that was opened.
type Trigger struct {
	Index  int    // in the object's triggers
	Type   string // as the object says
	Name   string // for control.Trigger: the trigger's name, or Metric
	Metric string // what KEDA calls the external metric: "s0-redis-orders"
	Scaler scalerkit.Scaler
}

// NewTrigger returns the trigger at an index of an object's triggers. Name is as
// the object says, and may be empty.
func NewTrigger(index int, triggerType, name string, scaler scalerkit.Scaler) Trigger {
	metric := hpa.MetricName(index, scaler.Metric().Name)
	return Trigger{Index: index, Type: triggerType, Name: cmp.Or(name, metric), Metric: metric, Scaler: scaler}
}

// An Opener opens triggers. Its methods may be called concurrently.
type Opener struct {
	Registry *scalerkit.Registry
	Resolver Resolver
	Options  scalerkit.Options
}

// Loop returns the Loop of a ScaledObject that scales by itself, without an HPA.
// It wants a Workload, and a State if it is to go on from one. What is paused by
// an annotation is paused by the policy, and triggers of cpu and memory are passed
// over. The pod template of the workload is for triggers that refer to its
// environment; it may be nil.
//
// The error has everything that is wrong; nothing stays open then.
func (o Opener) Loop(ctx context.Context, so *v1alpha1.ScaledObject, pod *corev1.PodTemplateSpec) (control.Loop, error) {
	f := CheckScaledObject(so, true)
	policy, _ := policyOf(so, true) // what is wrong with it is in f
	triggers, err := o.open(ctx, so.Spec.Triggers, OwnerOf(so, pod))
	if len(triggers) == 0 && f.Problems == nil && err == nil {
		err = errors.New("triggers: there is none but cpu and memory, which only an HPA reads")
	}
	if err = errors.Join(f.Err(), err); err != nil {
		return control.Loop{}, errors.Join(err, closeAll(triggers))
	}
	return control.Loop{Policy: policy, Triggers: triggers, Interval: so.PollingInterval()}, nil
}

// JobLoop returns the Loop of a ScaledJob, whose Jobs want a Jobs.
//
// The error has everything that is wrong; nothing stays open then.
func (o Opener) JobLoop(ctx context.Context, sj *v1alpha1.ScaledJob) (control.Loop, error) {
	f := CheckScaledJob(sj)
	policy, _ := jobPolicyOf(sj) // what is wrong with it is in f
	triggers, err := o.open(ctx, sj.Spec.Triggers, OwnerOfJobs(sj))
	if err = errors.Join(f.Err(), err); err != nil {
		return control.Loop{}, errors.Join(err, closeAll(triggers))
	}
	return control.Loop{Jobs: &control.JobLoop{Policy: policy}, Triggers: triggers, Interval: sj.PollingInterval()}, nil
}

func (o Opener) open(ctx context.Context, triggers []v1alpha1.ScaleTriggers, owner Owner) ([]control.Trigger, error) {
	var opened []control.Trigger
	var problems []error
	for i, t := range triggers {
		if IsResource(t.Type) {
			continue
		}
		resolved, err := o.Resolver.Spec(ctx, t, owner)
		var scaler scalerkit.Scaler
		if err == nil {
			scaler, err = o.Registry.Open(resolved.Spec, o.Options)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		opened = append(opened, control.Trigger{Name: NewTrigger(i, t.Type, t.Name, scaler).Name, Scaler: scaler})
	}
	return opened, errors.Join(problems...)
}

func closeAll(triggers []control.Trigger) error {
	problems := make([]error, len(triggers))
	for i, t := range triggers {
		problems[i] = t.Scaler.Close()
	}
	return errors.Join(problems...)
}
