package scaledobject

import (
	"maps"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

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
