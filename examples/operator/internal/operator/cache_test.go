package operator

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// conditions returns one as it is decoded: in a text of its own, and with room for more.
func conditions(message string) v1alpha1.Conditions {
	return append(make(v1alpha1.Conditions, 0, 8), v1alpha1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonScaledObjectReady, Message: strings.Clone(message),
	})
}

func TestTransform(t *testing.T) {
	transform := cacheOptions(Config{}).DefaultTransform
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
	so, err := transform(&v1alpha1.ScaledObject{ObjectMeta: *m.DeepCopy()})
	require.NoError(t, err)
	require.Equal(t, &v1alpha1.ScaledObject{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "redis", UID: "u", ResourceVersion: "1",
		Labels: map[string]string{"a": "b"}, Annotations: map[string]string{"note": "x"},
	}}, so)
}

func TestTransformSharesTheTextsOfConditions(t *testing.T) {
	transform := cacheOptions(Config{}).DefaultTransform
	keep := func(conditions v1alpha1.Conditions) v1alpha1.Conditions {
		object, err := transform(&v1alpha1.ScaledObject{Status: v1alpha1.ScaledObjectStatus{Conditions: conditions}})
		require.NoError(t, err)
		return object.(*v1alpha1.ScaledObject).Status.Conditions
	}
	a, b := keep(conditions("valid")), keep(conditions("valid"))
	require.Equal(t, conditions("valid"), a)
	require.Equal(t, 1, cap(a))
	require.Same(t, unsafe.StringData(a[0].Message), unsafe.StringData(b[0].Message))
	for i := range 2 * knownConditions {
		text := fmt.Sprint("failed at ", i)
		require.Equal(t, conditions(text), keep(conditions(text)))
	}
}
