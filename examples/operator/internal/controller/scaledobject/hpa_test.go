package scaledobject

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

var worker = workload.Ref{
	Kind:           schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
	NamespacedName: types.NamespacedName{Namespace: "shop", Name: "worker"},
}

func TestHPA(t *testing.T) {
	so := parse(t, `
metadata:
  namespace: shop
  name: orders
  uid: u-1
  labels: {team: blue, secret: x, app.kubernetes.io/managed-by: Helm, other: y}
  annotations:
    scaledobject.keda.sh/hpa-excluded-labels: secret, other
    kubectl.kubernetes.io/last-applied-configuration: "{}"
    note: hello
spec:
  minReplicaCount: 0
  maxReplicaCount: 9
  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 30}}}}`)
	policy, err := Policy(so, false)
	require.NoError(t, err)
	metrics := hpa.Metrics{
		List:   []hpa.Metric{{Trigger: "a", Name: "s0-redis-orders", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}},
		Labels: map[string]string{v1alpha1.LabelScaledObjectName: "orders"},
	}
	text, err := yaml.Marshal(hpaOf(so, worker, policy, metrics.Specs()))
	require.NoError(t, err)
	require.Equal(t, `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  annotations:
    note: hello
    scaledobject.keda.sh/hpa-excluded-labels: secret, other
  labels:
    app.kubernetes.io/managed-by: Helm
    app.kubernetes.io/name: keda-hpa-orders
    app.kubernetes.io/part-of: orders
    scaledobject.keda.sh/name: orders
    team: blue
  name: keda-hpa-orders
  namespace: shop
  ownerReferences:
  - apiVersion: keda.sh/v1alpha1
    blockOwnerDeletion: true
    controller: true
    kind: ScaledObject
    name: orders
    uid: u-1
spec:
  behavior:
    scaleDown:
      policies:
      - periodSeconds: 15
        type: Percent
        value: 100
      selectPolicy: Max
      stabilizationWindowSeconds: 30
    scaleUp:
      policies:
      - periodSeconds: 15
        type: Pods
        value: 4
      - periodSeconds: 15
        type: Percent
        value: 100
      selectPolicy: Max
      stabilizationWindowSeconds: 0
  maxReplicas: 9
  metrics:
  - external:
      metric:
        name: s0-redis-orders
        selector:
          matchLabels:
            scaledobject.keda.sh/name: orders
      target:
        averageValue: "5"
        type: AverageValue
    type: External
  minReplicas: 1
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: worker
status:
  currentMetrics: null
  desiredReplicas: 0
`, string(text))
	require.Equal(t, "{}", so.Annotations[corev1.LastAppliedConfigAnnotation], "the object itself is left as it is")
}

func TestMetrics(t *testing.T) {
	so := parse(t, "metadata: {name: orders}\nspec: {pollingInterval: 300}")
	trigger := func(name, metric string) controller.Trigger {
		return controller.Trigger{Name: name, Metric: metric, Scaler: fakeScaler{}}
	}
	triggers := []controller.Trigger{trigger("a", "s0-fake"), trigger("s1-fake", "s1-fake")}
	require.Equal(t, hpa.Metrics{
		List: []hpa.Metric{
			{Trigger: "a", Name: "s0-fake", Target: fakeScaler{}.Metric().Target},
			{Trigger: "s1-fake", Name: "s1-fake", Target: fakeScaler{}.Metric().Target},
		},
		Labels: map[string]string{"scaledobject.keda.sh/name": "orders"},
		MaxAge: 15 * 60e9,
	}, metricsOf(so, autoscale.Policy{}, triggers))

	target := scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2}
	require.Equal(t, []hpa.Metric{{Trigger: "formula", Name: "composite-metric", Target: target}},
		metricsOf(so, autoscale.Policy{Combine: &autoscale.Combine{Target: target}}, triggers).List)
}

func TestResources(t *testing.T) {
	so := parse(t, `
spec:
  triggers:
  - {type: cpu, metricType: Utilization, metadata: {value: "60"}}
  - {type: redis, metadata: {}}
  - {type: memory, metricType: AverageValue, metadata: {value: 512Mi, containerName: main}}`)
	specs, names, _, err := resources(so)
	require.NoError(t, err)
	require.Equal(t, []string{"cpu", "memory"}, names)
	require.Len(t, specs, 2)
	require.Equal(t, "main", specs[1].ContainerResource.Container)

	so = parse(t, `
spec:
  triggers:
  - {type: cpu, metricType: Utilization, metadata: {value: "60"}}
  - {type: cpu, metricType: AverageValue, metadata: {value: 500m}}
  - {type: memory, metadata: {value: "60", type: Value}}
  - {type: memory, metricType: Value, metadata: {value: "60"}}`)
	_, _, _, err = resources(so)
	require.EqualError(t, err, `cpu trigger: there is another trigger for cpu
memory trigger: type: "Value" is not one of Utilization, AverageValue, which metricType of the trigger says
memory trigger: metricType: "Value" is not one of Utilization, AverageValue`)
}

// Many manifests have it where KEDA took it from once.
func TestResourcesWithTypeInTheMetadata(t *testing.T) {
	so := parse(t, `
spec:
  triggers:
  - {type: cpu, metadata: {type: Utilization, value: "60"}}
  - {type: memory, metricType: AverageValue, metadata: {type: Utilization, value: 512Mi}}`)
	specs, names, warnings, err := resources(so)
	require.NoError(t, err)
	require.Equal(t, []string{"cpu", "memory"}, names)
	require.Equal(t, autoscalingv2.UtilizationMetricType, specs[0].Resource.Target.Type)
	require.Equal(t, int32(60), *specs[0].Resource.Target.AverageUtilization)
	require.Equal(t, autoscalingv2.AverageValueMetricType, specs[1].Resource.Target.Type)
	require.Equal(t, "512Mi", specs[1].Resource.Target.AverageValue.String())
	require.Equal(t, []string{
		"cpu trigger: type: is taken for metricType: write metricType: Utilization beside type: cpu of the trigger",
		"memory trigger: type: is passed over, for metricType says AverageValue: leave it out",
	}, warnings)
}

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
