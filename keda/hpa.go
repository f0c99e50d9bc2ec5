package keda

import (
	"fmt"
	"maps"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const (
	labelLimit = 63 // bytes that the value of a label may have
	managedBy  = "keda-operator"
)

// Metrics returns the external metrics by which the HPA of a ScaledObject
// scales: those of its triggers, or that of the formula. Their values are good
// for three polling intervals, and at least for [hpa.DefaultMaxAge].
func Metrics(so *v1alpha1.ScaledObject, policy autoscale.Policy, triggers []Trigger) hpa.Metrics {
	m := hpa.Metrics{
		Labels: map[string]string{v1alpha1.LabelScaledObjectName: so.Name},
		MaxAge: max(hpa.DefaultMaxAge, 3*so.PollingInterval()),
	}
	if policy.Combine != nil && len(triggers) > 0 {
		m.List = []hpa.Metric{{Trigger: autoscale.Formula, Name: hpa.Composite, Target: policy.Combine.Target}}
		return m
	}
	for _, t := range triggers {
		m.List = append(m.List, hpa.Metric{Trigger: t.Name, Name: t.Metric, Target: t.Scaler.Metric().Target})
	}
	return m
}

// HPA returns the HPA of a ScaledObject, which it owns, with all that the API
// server would fill in. The metrics are those of [Metrics] and [Resources].
func HPA(so *v1alpha1.ScaledObject, policy autoscale.Policy, metrics ...autoscalingv2.MetricSpec) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	target := so.Spec.ScaleTargetRef
	if target == nil {
		return nil, errNoTarget
	}
	gvk, err := target.GroupVersionKind()
	if err != nil {
		return nil, fmt.Errorf("scaleTargetRef.apiVersion: %w", err)
	}
	name := so.HPAName()
	annotations := maps.Clone(so.Annotations)
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	if len(annotations) == 0 {
		annotations = nil
	}
	h := hpa.Object(metav1.ObjectMeta{
		Namespace:       so.Namespace,
		Name:            name,
		Labels:          labels(so, name),
		Annotations:     annotations,
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(so, v1alpha1.GroupVersion.WithKind("ScaledObject"))},
	}, autoscalingv2.CrossVersionObjectReference{
		APIVersion: gvk.GroupVersion().String(),
		Kind:       gvk.Kind,
		Name:       target.Name,
	}, policy, metrics...)
	fillIn(h.Spec.Behavior)
	return h, nil
}

func labels(so *v1alpha1.ScaledObject, name string) map[string]string {
	labels := map[string]string{
		"app.kubernetes.io/name":       cut(name),
		"app.kubernetes.io/part-of":    cut(so.Name),
		"app.kubernetes.io/managed-by": managedBy,
	}
	excluded := strings.Split(so.Annotations[v1alpha1.AnnotationHPAExcludedLabels], ",")
	for key, value := range so.Labels {
		if !contains(excluded, key) {
			labels[key] = value
		}
	}
	labels[v1alpha1.LabelScaledObjectName] = so.Name
	return labels
}

func contains(list []string, text string) bool {
	for _, t := range list {
		if strings.TrimSpace(t) == text {
			return true
		}
	}
	return false
}

// cut makes a name fit into a label.
func cut(name string) string {
	if len(name) > labelLimit {
		name = name[:labelLimit]
	}
	return strings.TrimRight(name, "-_.")
}

// fillIn gives a behavior the defaults that it would get from the API server,
// so that the two can be compared.
func fillIn(b *autoscalingv2.HorizontalPodAutoscalerBehavior) {
	if b == nil {
		return
	}
	most, none := autoscalingv2.MaxChangePolicySelect, int32(0)
	all := autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 15}
	for direction, rules := range map[string]**autoscalingv2.HPAScalingRules{"up": &b.ScaleUp, "down": &b.ScaleDown} {
		if *rules == nil {
			*rules = &autoscalingv2.HPAScalingRules{}
		}
		r := *rules
		if r.SelectPolicy == nil {
			r.SelectPolicy = &most
		}
		if direction == "up" && r.StabilizationWindowSeconds == nil {
			r.StabilizationWindowSeconds = &none
		}
		if r.Policies != nil {
			continue
		}
		if direction == "up" {
			r.Policies = []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: 15}, all}
		} else {
			r.Policies = []autoscalingv2.HPAScalingPolicy{all}
		}
	}
}
