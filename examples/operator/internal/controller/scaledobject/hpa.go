package scaledobject

import (
	"fmt"
	"maps"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const labelLimit = 63 // bytes that the value of a label may have

// CacheOptions returns what a cache is to hold of HPAs, for
// cache.Options.ByObject: those of ScaledObjects. It is nothing that the cache
// can return as an HPA.
func CacheOptions() map[client.Object]cache.ByObject {
	ours, err := k8slabels.NewRequirement(v1alpha1.LabelScaledObjectName, selection.Exists, nil)
	if err != nil {
		panic(err) // the label is a good one
	}
	return map[client.Object]cache.ByObject{
		&autoscalingv2.HorizontalPodAutoscaler{}: {
			Label: k8slabels.NewSelector().Add(*ours),
			Transform: func(object any) (any, error) {
				if h, ok := object.(*autoscalingv2.HorizontalPodAutoscaler); ok {
					return newWatchedHPA(h), nil
				}
				return object, nil
			},
		},
	}
}

// A watchedHPA is what is kept of an HPA.
type watchedHPA struct {
	metav1.ObjectMeta // with its owner
	digest            controller.Digest
	active            *v1alpha1.Condition // what it says of itself; nil: nothing
}

func newWatchedHPA(h *autoscalingv2.HorizontalPodAutoscaler) *watchedHPA {
	w := &watchedHPA{ObjectMeta: workload.Meta(h.ObjectMeta), digest: hpaDigest(h), active: hpaActive(h)}
	if owner := metav1.GetControllerOf(h); owner != nil {
		w.OwnerReferences = []metav1.OwnerReference{*owner}
	}
	return w
}

// hpaDigest is equal for HPAs that are the same but for what they say of
// themselves.
func hpaDigest(h *autoscalingv2.HorizontalPodAutoscaler) controller.Digest {
	annotations := maps.Clone(h.Annotations)
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	return controller.DigestOf(struct {
		Labels, Annotations map[string]string `json:",omitempty"`
		Owners              []metav1.OwnerReference
		Spec                autoscalingv2.HorizontalPodAutoscalerSpec
	}{h.Labels, annotations, h.OwnerReferences, h.Spec})
}

func scalingActive(h *autoscalingv2.HorizontalPodAutoscaler) *autoscalingv2.HorizontalPodAutoscalerCondition {
	for i := range h.Status.Conditions {
		if c := &h.Status.Conditions[i]; c.Type == autoscalingv2.ScalingActive {
			return c
		}
	}
	return nil
}

// hpaActive returns what an HPA says of itself as a condition of its
// ScaledObject. It is nil as long as it says nothing.
func hpaActive(h *autoscalingv2.HorizontalPodAutoscaler) *v1alpha1.Condition {
	c := scalingActive(h)
	if c == nil {
		return nil
	}
	condition := v1alpha1.Condition{Type: v1alpha1.ConditionHPAActive, Status: metav1.ConditionStatus(c.Status), Reason: c.Reason, Message: c.Message}
	switch {
	case c.Status == corev1.ConditionTrue:
		condition.Reason, condition.Message = v1alpha1.ReasonHPAActive, "The HPA has metrics to scale by"
	case c.Reason == v1alpha1.ReasonScalingDisabled:
		condition.Status, condition.Message = metav1.ConditionTrue, "The HPA waits while there are no replicas"
	case c.Reason == "":
		condition.Reason = v1alpha1.ReasonHPAMetricsUnavailable
	}
	return &condition
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

// metricsOf returns the external metrics by which a ScaledObject is scaled.
func metricsOf(so *v1alpha1.ScaledObject, policy autoscale.Policy, triggers []controller.Trigger) hpa.Metrics {
	m := hpa.Metrics{
		Labels: map[string]string{v1alpha1.LabelScaledObjectName: so.Name},
		MaxAge: staleAfter(so.PollingInterval()),
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

// hpaOf returns the HPA of a ScaledObject, with all that the API server would
// fill in.
func hpaOf(so *v1alpha1.ScaledObject, target workload.Ref, policy autoscale.Policy, metrics []autoscalingv2.MetricSpec) *autoscalingv2.HorizontalPodAutoscaler {
	name := so.HPAName()
	labels := map[string]string{
		"app.kubernetes.io/name":       cut(name),
		"app.kubernetes.io/part-of":    cut(so.Name),
		"app.kubernetes.io/managed-by": controller.ReportingController,
	}
	excluded := strings.Split(so.Annotations[v1alpha1.AnnotationHPAExcludedLabels], ",")
	for key, value := range so.Labels {
		if !contains(excluded, key) {
			labels[key] = value
		}
	}
	labels[v1alpha1.LabelScaledObjectName] = so.Name
	annotations := maps.Clone(so.Annotations)
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	if len(annotations) == 0 {
		annotations = nil
	}
	h := hpa.Object(metav1.ObjectMeta{
		Namespace:       so.Namespace,
		Name:            name,
		Labels:          labels,
		Annotations:     annotations,
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(so, v1alpha1.GroupVersion.WithKind(string(controller.ScaledObject)))},
	}, autoscalingv2.CrossVersionObjectReference{
		APIVersion: target.Kind.GroupVersion().String(),
		Kind:       target.Kind.Kind,
		Name:       target.Name,
	}, policy, metrics...)
	fillIn(h.Spec.Behavior)
	return h
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
