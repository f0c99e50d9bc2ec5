package hpa

import (
	"fmt"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/scalerkit/scalerkit"
)

// Resource returns the metric of a KEDA trigger of type cpu or memory, which
// the HPA reads by itself. Its name is the trigger's type, and its kind and
// value what the trigger's metricType and metadata say: for Utilization percent
// of what the pods request, for AverageValue a quantity. A container is that
// container of all pods; without one it is the pod as a whole.
//
// The error is a [scalerkit.ConfigError] without the trigger's type and name.
func Resource(name corev1.ResourceName, kind autoscalingv2.MetricTargetType, value, container string) (autoscalingv2.MetricSpec, error) {
	target := autoscalingv2.MetricTarget{Type: kind}
	switch kind {
	case autoscalingv2.UtilizationMetricType:
		percent, err := strconv.ParseInt(value, 10, 32)
		if err != nil || percent < 1 {
			return autoscalingv2.MetricSpec{}, problem("value", "%q is not a whole number of percent, at least 1", value)
		}
		n := int32(percent)
		target.AverageUtilization = &n
	case autoscalingv2.AverageValueMetricType:
		q, err := resource.ParseQuantity(value)
		if err != nil || q.Sign() <= 0 {
			return autoscalingv2.MetricSpec{}, problem("value", `%q is not a quantity greater than 0, such as "500m" or "512Mi"`, value)
		}
		target.AverageValue = &q
	default:
		return autoscalingv2.MetricSpec{}, problem("metricType", "%q is not one of Utilization, AverageValue", string(kind))
	}
	if container != "" {
		return autoscalingv2.MetricSpec{
			Type:              autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: name, Target: target, Container: container},
		}, nil
	}
	return autoscalingv2.MetricSpec{
		Type:     autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{Name: name, Target: target},
	}, nil
}

func problem(key, format string, args ...any) error {
	return scalerkit.ConfigError{Key: key, Problem: fmt.Sprintf(format, args...)}
}
