package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// CacheOptions returns what a cache is to hold of the workloads that are watched
// with their spec, for cache.Options.ByObject. It is nothing that the cache can
// return as a Deployment or StatefulSet: whoever reads these asks the API server.
func CacheOptions() map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		&appsv1.Deployment{}:  {Transform: transform},
		&appsv1.StatefulSet{}: {Transform: transform},
	}
}

// A watched workload is what is kept of a Deployment or StatefulSet: its
// replicas, and of the pod template what a trigger may refer to.
type watched struct {
	metav1.ObjectMeta
	replicas, ready  int32
	account          string
	init, containers []container
}

// A container is the environment of one.
type container struct {
	name string
	env  []corev1.EnvVar
	from []corev1.EnvFromSource
}

func transform(object any) (any, error) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return newWatched(&o.ObjectMeta, o.Spec.Replicas, o.Status.ReadyReplicas, &o.Spec.Template.Spec), nil
	case *appsv1.StatefulSet:
		return newWatched(&o.ObjectMeta, o.Spec.Replicas, o.Status.ReadyReplicas, &o.Spec.Template.Spec), nil
	}
	return object, nil
}

func newWatched(meta *metav1.ObjectMeta, replicas *int32, ready int32, pod *corev1.PodSpec) *watched {
	w := &watched{ObjectMeta: Meta(*meta), replicas: 1, ready: ready, account: pod.ServiceAccountName}
	if replicas != nil { // without them the API server makes it 1
		w.replicas = *replicas
	}
	w.init, w.containers = environments(pod.InitContainers), environments(pod.Containers)
	return w
}

func environments(list []corev1.Container) []container {
	cut := make([]container, len(list))
	for i, c := range list {
		cut[i] = container{c.Name, c.Env, c.EnvFrom}
	}
	return cut
}

// template returns what is kept as a pod template.
func (w *watched) template() *corev1.PodTemplateSpec {
	restore := func(list []container) []corev1.Container {
		whole := make([]corev1.Container, len(list))
		for i, c := range list {
			whole[i] = corev1.Container{Name: c.name, Env: c.env, EnvFrom: c.from}
		}
		return whole
	}
	return &corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		ServiceAccountName: w.account,
		InitContainers:     restore(w.init),
		Containers:         restore(w.containers),
	}}
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
