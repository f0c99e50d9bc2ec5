// Package mirror keeps up with the objects of the cluster that triggers read: the
// pods of a namespace, and single ConfigMaps and Secrets. Only what triggers need of
// them is kept, and only as long as there is a trigger.
package mirror

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
)

// A Cluster is the cluster of a client. All triggers of the process share one.
type Cluster struct {
	// Client asks the API server.
	Client client.WithWatch

	// RestrictSecrets says that Secrets are read in SecretNamespace alone.
	RestrictSecrets bool
	SecretNamespace string
}

// Pods implements kubernetes.Cluster.
func (c *Cluster) Pods(ctx context.Context, namespace string) (kubernetes.Watched[kubernetes.Pod], error) {
	pods := func() client.ObjectList { return &corev1.PodList{} }
	return begin(ctx, c.Client, pods, client.ListOptions{Namespace: namespace}, func(o client.Object) kubernetes.Pod {
		pod := o.(*corev1.Pod) //nolint:forcetypeassert // of a list of them
		return kubernetes.Pod{Labels: pod.Labels, Phase: string(pod.Status.Phase), Node: pod.Spec.NodeName}
	})
}

// Data implements kubernetes.Cluster.
func (c *Cluster) Data(ctx context.Context, object kubernetes.Object) (kubernetes.Watched[kubernetes.Data], error) {
	one := client.ListOptions{Namespace: object.Namespace}
	client.MatchingFields{"metadata.name": object.Name}.ApplyToList(&one)
	if object.Kind == "ConfigMap" {
		configMaps := func() client.ObjectList { return &corev1.ConfigMapList{} }
		return begin(ctx, c.Client, configMaps, one, func(o client.Object) kubernetes.Data {
			return o.(*corev1.ConfigMap).Data //nolint:forcetypeassert // of a list of them
		})
	}
	if c.RestrictSecrets && object.Namespace != c.SecretNamespace {
		return nil, fmt.Errorf("%w: KEDA_RESTRICT_SECRET_ACCESS limits the operator to the Secrets of namespace %s", scalerkit.ErrDenied, c.SecretNamespace)
	}
	secrets := func() client.ObjectList { return &corev1.SecretList{} }
	return begin(ctx, c.Client, secrets, one, func(o client.Object) kubernetes.Data {
		data := make(kubernetes.Data)
		for key, value := range o.(*corev1.Secret).Data { //nolint:forcetypeassert // of a list of them
			data[key] = string(value)
		}
		return data
	})
}
