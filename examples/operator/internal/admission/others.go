package admission

import (
	"context"
	"errors"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// The indexes of ScaledObjects.
const (
	byTarget = "admission.target"
	byHPA    = "admission.hpa"
)

// Index adds the indexes that look-ups go by. It is called before the cache
// starts.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	return errors.Join(
		indexer.IndexField(ctx, &v1alpha1.ScaledObject{}, byTarget, func(o client.Object) []string {
			return []string{targetKey(o.(*v1alpha1.ScaledObject))}
		}),
		indexer.IndexField(ctx, &v1alpha1.ScaledObject{}, byHPA, func(o client.Object) []string {
			return []string{o.(*v1alpha1.ScaledObject).HPAName()}
		}),
	)
}

// targetKey is equal for objects with the same target in their namespace.
func targetKey(so *v1alpha1.ScaledObject) string {
	if so.Spec.ScaleTargetRef == nil {
		return ""
	}
	gvk, err := so.Spec.ScaleTargetRef.GroupVersionKind()
	if err != nil {
		return ""
	}
	return gvk.GroupKind().String() + "/" + so.Spec.ScaleTargetRef.Name
}

// targetName is what messages call the target.
func targetName(so *v1alpha1.ScaledObject) string {
	gvk, _ := so.Spec.ScaleTargetRef.GroupVersionKind()
	return fmt.Sprintf("%s %s", gvk.Kind, so.Spec.ScaleTargetRef.Name)
}

// others checks that nobody else scales the target, and that nobody else has
// the HPA.
func (w *Webhook) others(ctx context.Context, f *keda.Findings, so *v1alpha1.ScaledObject, direct bool) {
	if targetKey(so) == "" {
		return // that is a problem by itself
	}
	w.otherScaledObjects(ctx, f, so, direct)
	w.otherHPAs(ctx, f, so, direct)
}

func (w *Webhook) otherScaledObjects(ctx context.Context, f *keda.Findings, so *v1alpha1.ScaledObject, direct bool) {
	for _, look := range []struct{ index, value, reason, problem, unknown string }{
		{
			byTarget, targetKey(so), "other-scaled-object",
			"scaleTargetRef: " + targetName(so) + " is scaled by ScaledObject %s already: add the triggers there",
			"whether another ScaledObject scales " + targetName(so),
		},
		{
			byHPA, so.HPAName(), "other-scaled-object-hpa",
			"the HPA's name " + so.HPAName() + " is that of ScaledObject %s: give it another in advanced.horizontalPodAutoscalerConfig.name",
			"whether another ScaledObject has an HPA named " + so.HPAName(),
		},
	} {
		if direct && look.index == byHPA {
			continue
		}
		var list v1alpha1.ScaledObjectList
		err := w.Cache.List(ctx, &list, client.InNamespace(so.Namespace), client.MatchingFields{look.index: look.value}, client.UnsafeDisableDeepCopy)
		if err != nil {
			f.Warn("not checked %s: %v", look.unknown, err)
			continue
		}
		for i := range list.Items {
			other := &list.Items[i]
			if other.Name == so.Name || !other.DeletionTimestamp.IsZero() {
				continue
			}
			f.Refuse(look.reason, look.problem, other.Name)
		}
	}
}

// otherHPAs checks the HPAs that no ScaledObject has made.
func (w *Webhook) otherHPAs(ctx context.Context, f *keda.Findings, so *v1alpha1.ScaledObject, direct bool) {
	found, err := w.hpas.those(ctx, w.Live, so)
	if err != nil {
		f.Warn("not checked whether an HPA scales %s: %v", targetName(so), err)
		return
	}
	adopts := so.Annotations[v1alpha1.AnnotationTransferHPAOwnership] == "true" && !direct
	for _, h := range found {
		switch named := so.Spec.Advanced != nil && so.Spec.Advanced.HorizontalPodAutoscalerConfig != nil &&
			so.Spec.Advanced.HorizontalPodAutoscalerConfig.Name == h.Name; {
		case adopts && named:
		case adopts:
			f.Refuse("transfer-ownership-missing-hpa-name",
				"scaleTargetRef: %s is scaled by HPA %s, which is to be taken over by its name: set advanced.horizontalPodAutoscalerConfig.name to %s", targetName(so), h.Name, h.Name)
		default:
			f.Refuse("other-hpa",
				"scaleTargetRef: %s is scaled by HPA %s already: delete that, or hand it over by the annotation %s: \"true\" and advanced.horizontalPodAutoscalerConfig.name: %s",
				targetName(so), h.Name, v1alpha1.AnnotationTransferHPAOwnership, h.Name)
		}
	}
}

// targets says whether an HPA scales the target of an object.
func targets(h *autoscalingv2.HorizontalPodAutoscaler, so *v1alpha1.ScaledObject) bool {
	of := h.Spec.ScaleTargetRef
	gv, err := schema.ParseGroupVersion(of.APIVersion)
	return err == nil && gv.WithKind(of.Kind).GroupKind().String()+"/"+of.Name == targetKey(so)
}

// isOf says whether an HPA is that of an object.
func isOf(h *autoscalingv2.HorizontalPodAutoscaler, so *v1alpha1.ScaledObject) bool {
	owner := metav1.GetControllerOfNoCopy(h)
	return owner != nil && owner.Kind == string(controller.ScaledObject) && owner.Name == so.Name
}
