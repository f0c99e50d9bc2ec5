package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// limit is how long it may take on a busy machine until something is as a test
// wants it. None of what it is for says anything about speed.
const limit = 3 * time.Minute

// Namespace makes a namespace for a test, which is deleted when that ends.
func (r *Rig) Namespace(t *testing.T) string {
	t.Helper()
	name := strings.NewReplacer("/", "-", "_", "-", "#", "-").Replace(strings.ToLower(t.Name()))
	_, err := r.Client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(r.describe(context.Background(), name))
		}
		err := r.Client.CoreV1().Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
	return name
}

// Apply applies a manifest in a namespace.
func (r *Rig) Apply(t *testing.T, namespace, manifest string) {
	t.Helper()
	require.NoError(t, r.TryApply(t, namespace, manifest))
}

// TryApply applies a manifest in a namespace and returns what the API server
// has against it.
func (r *Rig) TryApply(t *testing.T, namespace, manifest string) error {
	t.Helper()
	objects, err := cluster.Parse([]byte(manifest))
	require.NoError(t, err)
	return r.Applier.Apply(t.Context(), namespace, objects...)
}

// Resource returns where the objects of a kind are in a namespace.
func (r *Rig) Resource(ctx context.Context, namespace, apiVersion, kind string) (dynamic.ResourceInterface, error) {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	return r.Applier.Resource(ctx, namespace, object)
}

// ScaledObjects returns where they are in a namespace.
func (r *Rig) ScaledObjects(t *testing.T, namespace string) dynamic.ResourceInterface {
	t.Helper()
	resource, err := r.Resource(t.Context(), namespace, "keda.sh/v1alpha1", "ScaledObject")
	require.NoError(t, err)
	return resource
}

// Annotate gives an annotation of a ScaledObject another value; nil takes it
// away.
func (r *Rig) Annotate(t *testing.T, namespace, name, annotation string, value any) {
	t.Helper()
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{annotation: value}}})
	require.NoError(t, err)
	r.Patch(t, namespace, name, string(patch))
}

// Patch changes a ScaledObject by a merge patch.
func (r *Rig) Patch(t *testing.T, namespace, name, patch string) {
	t.Helper()
	_, err := r.ScaledObjects(t, namespace).Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	require.NoError(t, err)
}

// HPA returns the one that a ScaledObject has by default.
func (r *Rig) HPA(ctx context.Context, namespace, scaledObject string) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	return r.Client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Get(ctx, "keda-hpa-"+scaledObject, metav1.GetOptions{})
}

// Await returns when ask returns no error. The test fails with the last one if
// that takes too long.
func (r *Rig) Await(t *testing.T, ask func(context.Context) error) {
	t.Helper()
	require.NoError(t, process.Poll(t.Context(), limit, ask))
}

// AwaitReplicas returns when a Deployment is to have so many replicas and they
// are ready.
func (r *Rig) AwaitReplicas(t *testing.T, namespace, name string, want int32) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		d, err := r.Client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil && (*d.Spec.Replicas != want || d.Status.ReadyReplicas != want || d.Status.Replicas != want) {
			err = fmt.Errorf("%s has %d of %d replicas, %d of them ready, want %d", name, d.Status.Replicas, *d.Spec.Replicas, d.Status.ReadyReplicas, want)
		}
		return err
	})
}

// AwaitNoHPA returns when a ScaledObject has no HPA.
func (r *Rig) AwaitNoHPA(t *testing.T, namespace, scaledObject string) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		_, err := r.HPA(ctx, namespace, scaledObject)
		if err == nil {
			return errors.New("there is an HPA")
		}
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
}
