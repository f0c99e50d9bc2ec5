package scaledobject

import (
	"testing"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// external is an HPA's metric that the operator serves.
func external(name, scaledObject string) autoscalingv2.MetricSpec {
	five := resource.MustParse("5")
	return autoscalingv2.MetricSpec{
		Type: autoscalingv2.ExternalMetricSourceType,
		External: &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{
				Name:     name,
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"scaledobject.keda.sh/name": scaledObject}},
			},
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &five},
		},
	}
}

func TestScalingModifiers(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		apply(t, namespace, object{name: "worker", annotations: mode, spec: []string{
			`advanced: {scalingModifiers: {formula: a + 2 * b, target: "5", activationTarget: "4"}, ` + atOnce + "}",
			"triggers: [" + list(namespace+"-a", "name: a") + ", " + list(namespace+"-b", "name: b") + "]",
		}})
		for _, step := range []struct {
			a, b int
			want int32
		}{{10, 10, 6}, {10, 0, 2}, {0, 20, 8}, {4, 0, 0}} {
			fill(t, namespace+"-a", step.a)
			fill(t, namespace+"-b", step.b)
			r.AwaitReplicas(t, namespace, "worker", step.want)
		}
		s := status(t, namespace, "worker")
		require.Equal(t, "composite-metric", s.CompositeScalerName)
		require.Equal(t, []string{"s0-redis-" + namespace + "-a", "s1-redis-" + namespace + "-b"}, s.ExternalMetricNames)
		if mode == withHPA {
			h, err := r.HPA(t.Context(), namespace, "worker")
			require.NoError(t, err)
			require.Equal(t, []autoscalingv2.MetricSpec{external("composite-metric", "worker")}, h.Spec.Metrics)
		}
	})
}

// TestCPU has cpu beside a list. The cluster measures no cpu, which keeps the
// HPA from scaling down and nothing else.
func TestCPU(t *testing.T) {
	namespace := namespace(t)
	half := int32(50)
	apply(t, namespace, object{name: "worker", container: "resources: {requests: {cpu: 100m}}", spec: []string{
		`triggers: [{type: cpu, metricType: Utilization, metadata: {value: "50"}}, ` + list(namespace) + "]",
	}})
	fill(t, namespace, 20)
	r.AwaitReplicas(t, namespace, "worker", 4)
	h, err := r.HPA(t.Context(), namespace, "worker")
	require.NoError(t, err)
	require.ElementsMatch(t, []autoscalingv2.MetricSpec{
		external("s1-redis-"+namespace, "worker"),
		{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
			Name:   corev1.ResourceCPU,
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &half},
		}},
	}, h.Spec.Metrics)
	s := status(t, namespace, "worker")
	require.Equal(t, []string{"cpu"}, s.ResourceMetricNames)
	require.Equal(t, []string{"s1-redis-" + namespace}, s.ExternalMetricNames)
	require.Equal(t, "cpu,redis", s.TriggersTypes)
	fill(t, namespace, 40)
	r.AwaitReplicas(t, namespace, "worker", 8)
	fill(t, namespace, 0)
	r.AwaitReplicas(t, namespace, "worker", 0)
}
