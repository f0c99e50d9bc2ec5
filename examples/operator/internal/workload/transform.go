package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// CacheOptions returns what a cache is to hold of the workloads that are watched
// with their spec, for cache.Options.ByObject: their replicas, and of the pod
// template what a trigger may refer to. Nobody changes what the cache hands out.
func CacheOptions() map[client.Object]cache.ByObject {
	shared := true
	return map[client.Object]cache.ByObject{
		&appsv1.Deployment{}: {UnsafeDisableDeepCopy: &shared, Transform: func(object any) (any, error) {
			if d, ok := object.(*appsv1.Deployment); ok {
				cut(&d.ObjectMeta, &d.Spec.Template)
				d.Spec = appsv1.DeploymentSpec{Replicas: d.Spec.Replicas, Template: d.Spec.Template}
				d.Status = appsv1.DeploymentStatus{ReadyReplicas: d.Status.ReadyReplicas}
			}
			return object, nil
		}},
		&appsv1.StatefulSet{}: {UnsafeDisableDeepCopy: &shared, Transform: func(object any) (any, error) {
			if s, ok := object.(*appsv1.StatefulSet); ok {
				cut(&s.ObjectMeta, &s.Spec.Template)
				s.Spec = appsv1.StatefulSetSpec{Replicas: s.Spec.Replicas, Template: s.Spec.Template}
				s.Status = appsv1.StatefulSetStatus{ReadyReplicas: s.Status.ReadyReplicas}
			}
			return object, nil
		}},
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
