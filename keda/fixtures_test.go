package keda

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A cluster has objects, and resolves triggers in namespace shop.
type cluster struct {
	References
	objects *Manifests
	broken  error // why nothing can be read
	owner   Owner
}

// newCluster returns one with the objects of a YAML file.
func newCluster(t testing.TB, yaml string) *cluster {
	c := &cluster{owner: Owner{Namespace: "shop"}}
	var err error
	c.objects, err = Parse("cluster.yaml", []byte(yaml))
	require.NoError(t, err)
	c.References = References{Reader: c, ClusterNamespace: "keda"}
	return c
}

// Get implements Reader.
func (c *cluster) Get(ctx context.Context, ref Ref, into Object) error {
	if c.broken != nil {
		return c.broken
	}
	return c.objects.Get(ctx, ref, into)
}

// using returns a trigger that refers to a TriggerAuthentication, or to
// another kind if that stands before a slash.
func using(name string) v1alpha1.ScaleTriggers {
	ref := &v1alpha1.AuthenticationRef{Name: name}
	if kind, name, ok := strings.Cut(name, "/"); ok {
		ref = &v1alpha1.AuthenticationRef{Kind: kind, Name: name}
	}
	return v1alpha1.ScaleTriggers{Type: "redis", Name: "orders", Metadata: map[string]string{"listName": "orders"}, AuthenticationRef: ref}
}

// resolve returns a trigger that has to be all right.
func (c *cluster) resolve(t testing.TB, trigger v1alpha1.ScaleTriggers) Resolved {
	t.Helper()
	resolved, err := c.Spec(context.Background(), trigger, c.owner)
	require.NoError(t, err)
	require.NoError(t, resolved.Stale)
	return resolved
}

// fail returns what is said of a trigger that is not all right.
func (c *cluster) fail(t testing.TB, trigger v1alpha1.ScaleTriggers) string {
	t.Helper()
	_, err := c.Spec(context.Background(), trigger, c.owner)
	require.Error(t, err)
	return err.Error()
}

// pod makes the workload have a container with that environment.
func (c *cluster) pod(env []corev1.EnvVar, from ...corev1.EnvFromSource) {
	c.owner.Pod = &corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Env: env, EnvFrom: from}}}}
}

// put replaces an object.
func (c *cluster) put(object Object) {
	kind := v1alpha1.KindTriggerAuthentication
	if _, ok := object.(*corev1.Secret); ok {
		kind = "Secret"
	}
	c.objects.objects[Ref{kind, object.GetNamespace(), object.GetName()}] = object
}

type values = map[string]string

func revealed(secrets map[string]scalerkit.Secret) values {
	texts := values{}
	for key, secret := range secrets {
		texts[key] = secret.Reveal()
	}
	return texts
}
