package operator

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledobject"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestTransform(t *testing.T) {
	transform := cacheOptions(Config{}, scaledobject.NewStatuses()).DefaultTransform
	m := metav1.ObjectMeta{
		Namespace: "shop", Name: "redis", UID: "u", ResourceVersion: "1",
		Labels:        map[string]string{"a": "b"},
		Annotations:   map[string]string{corev1.LastAppliedConfigAnnotation: "{}", "note": "x"},
		ManagedFields: []metav1.ManagedFieldsEntry{{}},
	}
	secret, err := transform(&metav1.PartialObjectMetadata{ObjectMeta: *m.DeepCopy()})
	require.NoError(t, err)
	require.Equal(t, &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "redis", UID: "u", ResourceVersion: "1",
	}}, secret)
	so, err := transform(&v1alpha1.ScaledObject{ObjectMeta: *m.DeepCopy(), Status: v1alpha1.ScaledObjectStatus{HpaName: "redis"}})
	require.NoError(t, err)
	require.Equal(t, &v1alpha1.ScaledObject{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "redis", UID: "u", ResourceVersion: "1",
		Labels: map[string]string{"a": "b"}, Annotations: map[string]string{"note": "x"},
	}}, so)
}
