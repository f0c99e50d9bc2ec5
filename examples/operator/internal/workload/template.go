package workload

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// templateRef returns where an Argo Rollout has its pod template from, if that
// is another object.
func templateRef(workload *unstructured.Unstructured) (Ref, bool) {
	kind := workload.GroupVersionKind()
	if kind.Group != "argoproj.io" || kind.Kind != "Rollout" {
		return Ref{}, false
	}
	from, ok, err := unstructured.NestedStringMap(workload.Object, "spec", "workloadRef")
	if !ok || err != nil {
		return Ref{}, false
	}
	return Ref{
		Kind:           schema.FromAPIVersionAndKind(from["apiVersion"], from["kind"]),
		NamespacedName: types.NamespacedName{Namespace: workload.GetNamespace(), Name: from["name"]},
	}, true
}

// templateOf returns the pod template of another object than the target, whose
// changes are told as the target's from now on, if its kind is watched.
func (t *Target) templateOf(ctx context.Context, from Ref) (*corev1.PodTemplateSpec, error) {
	w := t.workloads
	w.mu.Lock()
	if w.templates == nil {
		w.templates = make(map[Ref]Ref)
	}
	w.templates[t.Ref()] = from
	w.mu.Unlock()
	template, err := w.template(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("%s: workloadRef: %w", t.Ref(), err)
	}
	return template, nil
}

// template returns the pod template of what a workloadRef names: a Deployment,
// a ReplicaSet or a PodTemplate.
func (w *Workloads) template(ctx context.Context, from Ref) (*corev1.PodTemplateSpec, error) {
	if from.Kind.Kind != "PodTemplate" {
		target, err := w.Target(ctx, from)
		if err != nil {
			return nil, err
		}
		return target.Template(ctx)
	}
	whole := &unstructured.Unstructured{}
	whole.SetGroupVersionKind(from.Kind)
	switch err := w.Client.Get(ctx, from.NamespacedName, whole); {
	case apierrors.IsForbidden(err):
		return nil, nil
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("%s %w", from, ErrMissing)
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", from, err)
	}
	return podTemplate(from, whole, "template")
}

// podTemplate returns what an object has in that place, nil if it is nothing
// that could be a pod template.
func podTemplate(of Ref, whole *unstructured.Unstructured, place ...string) (*corev1.PodTemplateSpec, error) {
	raw, ok, err := unstructured.NestedMap(whole.Object, place...)
	if !ok || err != nil {
		return nil, nil //nolint:nilerr // what has another shape is no pod template
	}
	template := &corev1.PodTemplateSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw, template); err != nil {
		return nil, fmt.Errorf("pod template of %s: %w", of, err)
	}
	return template, nil
}
