package operator

import (
	"maps"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledobject"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// newScheme returns the types that the operator deals with, and no others.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	builder := runtime.SchemeBuilder{
		admissionregistrationv1.AddToScheme, appsv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme,
		coordinationv1.AddToScheme, corev1.AddToScheme, discoveryv1.AddToScheme, eventsv1.AddToScheme, v1alpha1.AddToScheme,
	}
	return scheme, builder.AddToScheme(scheme)
}

// cacheOptions returns what is watched, and what of it is kept. Secrets,
// ConfigMaps and ServiceAccounts are watched by their metadata, and ScaledObjects
// without their statuses, which are taken.
func cacheOptions(c Config, statuses *scaledobject.Statuses) cache.Options {
	options := cache.Options{
		DefaultNamespaces: namespaces(c.WatchNamespaces),
		DefaultTransform: func(object any) (any, error) {
			transform(object, statuses)
			return object, nil
		},
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.ScaledObject{}:                 {Label: c.WatchSelector},
			&v1alpha1.ScaledJob{}:                    {Label: c.WatchSelector},
			&v1alpha1.TriggerAuthentication{}:        {Label: c.AuthenticationWatched},
			&v1alpha1.ClusterTriggerAuthentication{}: {Label: c.AuthenticationWatched},
		},
	}
	for _, add := range []map[client.Object]cache.ByObject{
		workload.CacheOptions(), scaledobject.CacheOptions(), jobs.CacheOptions(),
	} {
		maps.Copy(options.ByObject, add)
	}
	if len(c.WatchNamespaces) > 0 {
		// What ClusterTriggerAuthentications refer to.
		also := append([]string{c.ClusterNamespace}, c.WatchNamespaces...)
		for _, object := range []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}, &corev1.ServiceAccount{}} {
			options.ByObject[object] = cache.ByObject{Namespaces: namespaces(also)}
		}
	}
	if c.RestrictSecrets {
		for object := range options.ByObject {
			if _, secret := object.(*corev1.Secret); secret {
				delete(options.ByObject, object)
			}
		}
		options.ByObject[&corev1.Secret{}] = cache.ByObject{Namespaces: namespaces([]string{c.ClusterNamespace})}
	}
	return options
}

// namespaces returns nil for none, which means all.
func namespaces(names []string) map[string]cache.Config {
	if len(names) == 0 {
		return nil
	}
	configs := make(map[string]cache.Config, len(names))
	for _, name := range names {
		configs[name] = cache.Config{}
	}
	return configs
}

// transform drops what nobody reads of an object, and takes the status of a ScaledObject.
func transform(object any, statuses *scaledobject.Statuses) {
	switch o := object.(type) {
	case *metav1.PartialObjectMetadata:
		o.ObjectMeta = workload.Meta(o.ObjectMeta)
	case client.Object:
		o.SetManagedFields(nil)
		delete(o.GetAnnotations(), corev1.LastAppliedConfigAnnotation)
		if so, ok := object.(*v1alpha1.ScaledObject); ok {
			statuses.Take(so)
		}
	}
}
