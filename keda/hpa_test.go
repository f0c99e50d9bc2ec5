package keda

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

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
  scaleTargetRef: {name: worker}
  minReplicaCount: 0
  maxReplicaCount: 9
  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 30}}}}`)
	policy, err := Policy(so, false)
	require.NoError(t, err)
	metrics := hpa.Metrics{
		List:   []hpa.Metric{{Trigger: "a", Name: "s0-redis-orders", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}},
		Labels: map[string]string{v1alpha1.LabelScaledObjectName: "orders"},
	}
	h, err := HPA(so, policy, metrics.Specs()...)
	require.NoError(t, err)
	text, err := yaml.Marshal(h)
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
	trigger := func(name, metric string) Trigger {
		return Trigger{Name: name, Metric: metric, Scaler: (&scaler{})}
	}
	triggers := []Trigger{trigger("a", "s0-fake"), trigger("s1-fake", "s1-fake")}
	require.Equal(t, hpa.Metrics{
		List: []hpa.Metric{
			{Trigger: "a", Name: "s0-fake", Target: (&scaler{}).Metric().Target},
			{Trigger: "s1-fake", Name: "s1-fake", Target: (&scaler{}).Metric().Target},
		},
		Labels: map[string]string{"scaledobject.keda.sh/name": "orders"},
		MaxAge: 15 * 60e9,
	}, Metrics(so, autoscale.Policy{}, triggers))

	target := scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2}
	require.Equal(t, []hpa.Metric{{Trigger: "formula", Name: "composite-metric", Target: target}},
		Metrics(so, autoscale.Policy{Combine: &autoscale.Combine{Target: target}}, triggers).List)
}

func TestResources(t *testing.T) {
	so := parse(t, `
spec:
  triggers:
  - {type: cpu, metricType: Utilization, metadata: {value: "60"}}
  - {type: redis, metadata: {}}
  - {type: memory, metricType: AverageValue, metadata: {value: 512Mi, containerName: main}}`)
	specs, _, err := Resources(so)
	require.NoError(t, err)
	require.Len(t, specs, 2)
	require.Equal(t, "main", specs[1].ContainerResource.Container)

	so = parse(t, `
spec:
  triggers:
  - {type: cpu, metricType: Utilization, metadata: {value: "60"}}
  - {type: cpu, metricType: AverageValue, metadata: {value: 500m}}
  - {type: memory, metadata: {value: "60", type: Value}}
  - {type: memory, metricType: Value, metadata: {value: "60"}}`)
	_, _, err = Resources(so)
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
	specs, warnings, err := Resources(so)
	require.NoError(t, err)
	require.Equal(t, autoscalingv2.UtilizationMetricType, specs[0].Resource.Target.Type)
	require.Equal(t, int32(60), *specs[0].Resource.Target.AverageUtilization)
	require.Equal(t, autoscalingv2.AverageValueMetricType, specs[1].Resource.Target.Type)
	require.Equal(t, "512Mi", specs[1].Resource.Target.AverageValue.String())
	require.Equal(t, []string{
		"cpu trigger: type: is taken for metricType: write metricType: Utilization beside type: cpu of the trigger",
		"memory trigger: type: is passed over, for metricType says AverageValue: leave it out",
	}, warnings)
}

func TestHPANeedsATarget(t *testing.T) {
	_, err := HPA(parse(t, "spec: {}"), autoscale.Default())
	require.EqualError(t, err, "scaleTargetRef: is missing")
	_, err = HPA(parse(t, "spec: {scaleTargetRef: {name: a, apiVersion: a/b/c}}"), autoscale.Default())
	require.EqualError(t, err, "scaleTargetRef.apiVersion: unexpected GroupVersion string: a/b/c")
}

// A scaler of a trigger of type fake.
type scaler struct{}

func (*scaler) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "fake", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2}}
}
func (*scaler) Read(context.Context) (scalerkit.Reading, error) { return scalerkit.Reading{}, nil }
func (*scaler) Close() error                                    { return nil }
