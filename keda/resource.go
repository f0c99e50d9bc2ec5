package keda

import (
	"errors"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// IsResource reports whether triggers of a type are read by the HPA, and by
// nobody else: cpu and memory.
func IsResource(triggerType string) bool { return triggerType == "cpu" || triggerType == "memory" }

// Resources returns the metrics of a ScaledObject that the HPA reads by itself,
// and what is to be told about them.
func Resources(so *v1alpha1.ScaledObject) (specs []autoscalingv2.MetricSpec, warnings []string, err error) {
	var problems []error
	seen := make(map[string]bool)
	add := func(t v1alpha1.ScaleTriggers, e scalerkit.ConfigError) {
		e.Type, e.Name = t.Type, t.Name
		problems = append(problems, e)
	}
	for _, t := range so.Spec.Triggers {
		if !IsResource(t.Type) {
			continue
		}
		spec, warning, err := resourceMetric(t)
		if warning != "" {
			warnings = append(warnings, warning)
		}
		if err != nil {
			for _, e := range scalerkit.ConfigErrors(err) {
				add(t, e)
			}
			continue
		}
		name := t.Type
		if container := t.Metadata["containerName"]; container != "" {
			name += " of container " + container
		}
		if seen[name] {
			add(t, scalerkit.ConfigError{Problem: "there is another trigger for " + name})
			continue
		}
		seen[name] = true
		specs = append(specs, spec)
	}
	return specs, warnings, errors.Join(problems...)
}

// resourceMetric returns the metric of a trigger of type cpu or memory. Before
// triggers had a metricType, KEDA took it from type in the metadata, which many
// manifests still have. The warning, if there is one, is about that.
func resourceMetric(t v1alpha1.ScaleTriggers) (spec autoscalingv2.MetricSpec, warning string, err error) {
	kind := t.MetricType
	old, isOld := t.Metadata["type"]
	switch {
	case isOld && kind != "":
		warning = fmt.Sprintf("%s trigger: type: is passed over, for metricType says %s: leave it out", t.Type, kind)
	case old == string(autoscalingv2.UtilizationMetricType), old == string(autoscalingv2.AverageValueMetricType):
		kind = autoscalingv2.MetricTargetType(old)
		warning = fmt.Sprintf("%s trigger: type: is taken for metricType: write metricType: %s beside type: %s of the trigger", t.Type, old, t.Type)
	case isOld:
		return spec, "", scalerkit.ConfigError{Key: "type", Problem: fmt.Sprintf("%q is not one of Utilization, AverageValue, which metricType of the trigger says", old)}
	}
	spec, err = hpa.Resource(corev1.ResourceName(t.Type), kind, t.Metadata["value"], t.Metadata["containerName"])
	return spec, warning, err
}
