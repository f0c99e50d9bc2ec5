package scaledobject

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestHPAActive(t *testing.T) {
	tests := []struct {
		status          corev1.ConditionStatus
		reason, message string
		want            v1alpha1.Condition
	}{
		{"True", "ValidMetricFound", "the HPA was able to …", v1alpha1.Condition{Status: "True", Reason: "HPAActive", Message: "The HPA has metrics to scale by"}},
		{"False", "ScalingDisabled", "…", v1alpha1.Condition{Status: "True", Reason: "ScalingDisabled", Message: "The HPA waits while there are no replicas"}},
		{"False", "FailedGetExternalMetric", "unable to …", v1alpha1.Condition{Status: "False", Reason: "FailedGetExternalMetric", Message: "unable to …"}},
		{"False", "", "", v1alpha1.Condition{Status: "False", Reason: "HPAMetricsUnavailable"}},
	}
	for _, test := range tests {
		h := &autoscalingv2.HorizontalPodAutoscaler{}
		h.Status.Conditions = []autoscalingv2.HorizontalPodAutoscalerCondition{
			{Type: autoscalingv2.AbleToScale, Status: "True"},
			{Type: autoscalingv2.ScalingActive, Status: test.status, Reason: test.reason, Message: test.message},
		}
		test.want.Type = v1alpha1.ConditionHPAActive
		require.Equal(t, &test.want, hpaActive(h))
	}
	require.Nil(t, hpaActive(&autoscalingv2.HorizontalPodAutoscaler{}))
}

func TestWatchedHPA(t *testing.T) {
	owner := metav1.OwnerReference{Kind: "ScaledObject", Name: "orders", UID: "u-1", Controller: ptr(true)}
	h := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{
			Name: "a", Namespace: "b", UID: "c", ResourceVersion: "1",
			Labels: map[string]string{"l": "1"}, ManagedFields: []metav1.ManagedFieldsEntry{{}},
			OwnerReferences: []metav1.OwnerReference{{Kind: "Other"}, owner},
		},
		Spec:   autoscalingv2.HorizontalPodAutoscalerSpec{MaxReplicas: 3},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{DesiredReplicas: 3},
	}
	w := newWatchedHPA(h)
	require.Equal(t, metav1.ObjectMeta{
		Name: "a", Namespace: "b", UID: "c", ResourceVersion: "1", OwnerReferences: []metav1.OwnerReference{owner},
	}, w.ObjectMeta)
	require.Nil(t, w.active)

	same := func(change func(*autoscalingv2.HorizontalPodAutoscaler)) bool {
		other := h.DeepCopy()
		change(other)
		return newWatchedHPA(other).digest == w.digest
	}
	require.True(t, same(func(h *autoscalingv2.HorizontalPodAutoscaler) {
		h.Status.DesiredReplicas, h.ResourceVersion, h.Generation = 4, "2", 7
		h.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: "{}"}
	}))
	require.False(t, same(func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Spec.MaxReplicas = 4 }))
	require.False(t, same(func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Labels["l"] = "2" }))
	require.False(t, same(func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Annotations = map[string]string{"a": "b"} }))
	require.False(t, same(func(h *autoscalingv2.HorizontalPodAutoscaler) { h.OwnerReferences = nil }))
}

func TestHPAEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(3 * time.Second)
		h := &autoscalingv2.HorizontalPodAutoscaler{}
		s.get(types.NamespacedName{Namespace: "shop", Name: "keda-hpa-orders"}, h)
		s.written()

		for range 2 {
			h.Status.Conditions = []autoscalingv2.HorizontalPodAutoscalerCondition{{Type: autoscalingv2.ScalingActive, Status: "False", Reason: "FailedGetExternalMetric", Message: "no"}}
			require.NoError(t, s.client.Update(t.Context(), h))
			wait(3 * time.Second)
		}
		require.Equal(t, "False FailedGetExternalMetric no", s.condition(v1alpha1.ConditionHPAActive))
		require.Equal(t, []string{
			"update v2.HorizontalPodAutoscaler keda-hpa-orders",
			"status v1alpha1.ScaledObject orders",
			"update v2.HorizontalPodAutoscaler keda-hpa-orders",
		}, s.written(), "said once")

		h.Spec.MaxReplicas = 1
		require.NoError(t, s.client.Update(t.Context(), h))
		wait(3 * time.Second)
		s.get(client.ObjectKeyFromObject(h), h)
		require.Equal(t, int32(100), h.Spec.MaxReplicas)
		require.NoError(t, s.client.Delete(t.Context(), h))
		wait(3 * time.Second)
		require.Equal(t, []string{"keda-hpa-orders"}, s.hpas())
	})
}
