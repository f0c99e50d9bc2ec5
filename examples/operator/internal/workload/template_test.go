package workload

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// An Argo Rollout may have its pod template from another object.
func TestTemplateOfAnotherObject(t *testing.T) {
	c := newCluster()
	var told []Ref
	w := c.workloads(func(ref Ref, what Change) {
		if what == Respecified {
			told = append(told, ref)
		}
	})
	rollout, err := w.Target(t.Context(), Ref{Kind: rollouts, NamespacedName: types.NamespacedName{Namespace: "shop", Name: "rollout"}})
	require.NoError(t, err)
	c.informer.Add(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "rollout"}})
	c.spec = map[string]any{"workloadRef": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"}}
	_, err = rollout.Template(t.Context())
	require.EqualError(t, err, "Rollout shop/rollout: workloadRef: Deployment shop/worker does not exist")
	require.ErrorIs(t, err, ErrMissing)

	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "worker", Generation: 1}}
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main"}}
	c.informer.Add(cached(t, d))
	template, err := rollout.Template(t.Context())
	require.NoError(t, err)
	require.Equal(t, "main", template.Spec.Containers[0].Name)

	told = nil
	other := d.DeepCopy()
	other.Generation, other.Spec.Template.Spec.Containers[0].Name = 2, "other"
	c.informer.Add(cached(t, other))
	require.Contains(t, told, rollout.Ref(), "it has another pod template now")

	c.spec = map[string]any{"workloadRef": map[string]any{"apiVersion": "v1", "kind": "PodTemplate", "name": "worker"}}
	_, err = rollout.Template(t.Context())
	require.EqualError(t, err, "Rollout shop/rollout: workloadRef: PodTemplate shop/worker does not exist")
	c.template = map[string]any{"metadata": map[string]any{"labels": map[string]any{"app": "worker"}}}
	template, err = rollout.Template(t.Context())
	require.NoError(t, err)
	require.Equal(t, "worker", template.Labels["app"])

	c.spec = map[string]any{"workloadRef": map[string]any{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "worker"}}
	_, err = rollout.Template(t.Context())
	require.EqualError(t, err, "Rollout shop/rollout: workloadRef: kind DaemonSet in apps/v1 has no /scale subresource, and only what has one can be scaled")
}
