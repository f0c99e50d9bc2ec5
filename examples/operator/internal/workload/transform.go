package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Transforms returns what a cache is to make of the workloads that are watched
// with their spec, before it keeps them. What is left is the replicas, and of
// the pod template what a trigger may refer to.
func Transforms() map[client.Object]cache.TransformFunc {
	return map[client.Object]cache.TransformFunc{
		&appsv1.Deployment{}: func(object any) (any, error) {
			if d, ok := object.(*appsv1.Deployment); ok {
				cut(&d.ObjectMeta, &d.Spec.Template)
				d.Spec = appsv1.DeploymentSpec{Replicas: d.Spec.Replicas, Template: d.Spec.Template}
				d.Status = appsv1.DeploymentStatus{ReadyReplicas: d.Status.ReadyReplicas}
			}
			return object, nil
		},
		&appsv1.StatefulSet{}: func(object any) (any, error) {
			if s, ok := object.(*appsv1.StatefulSet); ok {
				cut(&s.ObjectMeta, &s.Spec.Template)
				s.Spec = appsv1.StatefulSetSpec{Replicas: s.Spec.Replicas, Template: s.Spec.Template}
				s.Status = appsv1.StatefulSetStatus{ReadyReplicas: s.Status.ReadyReplicas}
			}
			return object, nil
		},
	}
}

// cut drops what nobody reads.
func cut(meta *metav1.ObjectMeta, template *corev1.PodTemplateSpec) {
	*meta = Meta(*meta)
	*template = corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		ServiceAccountName: template.Spec.ServiceAccountName,
		InitContainers:     environments(template.Spec.InitContainers),
		Containers:         environments(template.Spec.Containers),
	}}
}

// environments returns the containers with their environment only.
func environments(containers []corev1.Container) []corev1.Container {
	if len(containers) == 0 {
		return nil
	}
	cut := make([]corev1.Container, len(containers))
	for i, c := range containers {
		cut[i] = corev1.Container{Name: c.Name, Env: c.Env, EnvFrom: c.EnvFrom}
	}
	return cut
}

// Meta returns what of an object's metadata tells which object it is, and which
// version of it.
func Meta(m metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace:         m.Namespace,
		Name:              m.Name,
		UID:               m.UID,
		ResourceVersion:   m.ResourceVersion,
		Generation:        m.Generation,
		DeletionTimestamp: m.DeletionTimestamp,
	}
}
