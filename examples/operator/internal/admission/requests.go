package admission

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// requests checks that the containers of the target request what triggers of
// type cpu and memory scale by. Only Deployments and StatefulSets are looked at.
func (w *Webhook) requests(ctx context.Context, f *keda.Findings, so *v1alpha1.ScaledObject) {
	var template *corev1.PodTemplateSpec
	var defaults corev1.ResourceList
	for i, t := range so.Spec.Triggers {
		if !keda.IsResource(t.Type) {
			continue
		}
		if template == nil {
			var err error
			if template, err = w.template(ctx, so); err == nil && template != nil {
				defaults, err = w.defaults(ctx, so.Namespace)
			}
			if err != nil {
				f.Warn("not checked whether the containers of %s request %s: %v", targetName(so), t.Type, err)
				return
			}
			if template == nil {
				return
			}
		}
		resource := corev1.ResourceName(t.Type)
		if !isPositive(defaults, resource) {
			request(f, i, resource, t.Metadata["containerName"], so, &template.Spec)
		}
	}
}

// request checks one trigger.
func request(f *keda.Findings, index int, resource corev1.ResourceName, container string, so *v1alpha1.ScaledObject, spec *corev1.PodSpec) {
	if r := spec.Resources; r != nil && container == "" && (isPositive(r.Requests, resource) || isPositive(r.Limits, resource)) {
		return // the Pod as a whole does
	}
	var names, missing []string
	found := false
	for _, c := range spec.Containers {
		names = append(names, c.Name)
		if container != "" && c.Name != container {
			continue
		}
		found = true
		if !isPositive(c.Resources.Requests, resource) && !isPositive(c.Resources.Limits, resource) {
			missing = append(missing, c.Name)
		}
	}
	if container != "" && !found {
		f.Warn("triggers[%d]: %s has no container %q: it has %s", index, targetName(so), container, strings.Join(names, ", "))
	}
	if len(missing) > 0 {
		f.Refuse("missing-requests", "triggers[%d]: %s: the HPA needs to know how much is requested, and in %s there is no request and no limit of %s for %s",
			index, resource, targetName(so), resource, containers(missing))
	}
}

func containers(names []string) string {
	if len(names) == 1 {
		return fmt.Sprintf("container %s", names[0])
	}
	return "containers " + strings.Join(names, ", ")
}

// template returns the pod template of the target, nil if it is not of a kind
// that is looked at.
func (w *Webhook) template(ctx context.Context, so *v1alpha1.ScaledObject) (*corev1.PodTemplateSpec, error) {
	if so.Spec.ScaleTargetRef == nil {
		return nil, nil
	}
	gvk, err := so.Spec.ScaleTargetRef.GroupVersionKind()
	if err != nil {
		return nil, nil //nolint:nilerr // that is a problem by itself
	}
	var object client.Object
	var template *corev1.PodTemplateSpec
	switch gvk.GroupKind() {
	case appsv1.SchemeGroupVersion.WithKind("Deployment").GroupKind():
		d := &appsv1.Deployment{}
		object, template = d, &d.Spec.Template
	case appsv1.SchemeGroupVersion.WithKind("StatefulSet").GroupKind():
		s := &appsv1.StatefulSet{}
		object, template = s, &s.Spec.Template
	default:
		return nil, nil
	}
	err = w.Live.Get(ctx, client.ObjectKey{Namespace: so.Namespace, Name: so.Spec.ScaleTargetRef.Name}, object)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no %s yet", targetName(so))
	}
	return template, err
}

// defaults returns what containers request in a namespace that say nothing.
func (w *Webhook) defaults(ctx context.Context, namespace string) (corev1.ResourceList, error) {
	var list corev1.LimitRangeList
	if err := w.Live.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	defaults := corev1.ResourceList{}
	for _, r := range list.Items {
		for _, item := range r.Spec.Limits {
			if item.Type != corev1.LimitTypeContainer {
				continue
			}
			for _, given := range []corev1.ResourceList{item.DefaultRequest, item.Default} {
				for name := range given {
					if isPositive(given, name) {
						defaults[name] = given[name]
					}
				}
			}
		}
	}
	return defaults, nil
}

func isPositive(list corev1.ResourceList, name corev1.ResourceName) bool {
	q, ok := list[name]
	return ok && q.Sign() > 0
}
