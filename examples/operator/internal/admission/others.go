package admission

import (
	"context"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// targetName is what messages call the target.
func targetName(so *v1alpha1.ScaledObject) string {
	gvk, _ := so.Spec.ScaleTargetRef.GroupVersionKind()
	return fmt.Sprintf("%s %s", gvk.Kind, so.Spec.ScaleTargetRef.Name)
}

// others checks that nobody else scales the target, and that nobody else has
// the HPA.
func (w *Webhook) others(ctx context.Context, f *keda.Findings, so *v1alpha1.ScaledObject, direct bool) {
	target := targetClaim(so)
	if target == (claim{}) {
		return // that is a problem by itself
	}
	w.otherScaledObjects(f, so.Name, target, "other-scaled-object",
		"whether another ScaledObject scales "+targetName(so),
		"scaleTargetRef: "+targetName(so)+" is scaled by ScaledObject %s already: add the triggers there")
	if !direct {
		w.otherScaledObjects(f, so.Name, hpaClaim(so), "other-scaled-object-hpa",
			"whether another ScaledObject has an HPA named "+so.HPAName(),
			"the HPA's name "+so.HPAName()+" is that of ScaledObject %s: give it another in advanced.horizontalPodAutoscalerConfig.name")
	}
	w.otherHPAs(ctx, f, so, direct)
}

// otherScaledObjects checks that no other object has what a ScaledObject claims. The
// problem has a place for the name of another.
func (w *Webhook) otherScaledObjects(f *keda.Findings, name string, c claim, reason, check, problem string) {
	names, err := w.ScaledObjects.others(c, name)
	if err != nil {
		f.Warn("not checked %s: %v", check, err)
	}
	for _, other := range names {
		f.Refuse(reason, problem, other)
	}
}

// otherHPAs checks the HPAs that no ScaledObject has made.
func (w *Webhook) otherHPAs(ctx context.Context, f *keda.Findings, so *v1alpha1.ScaledObject, direct bool) {
	found, err := w.hpas.those(ctx, w.Live, so, w.ScaledObjects.count(so.Namespace))
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

// targets says whether an HPA scales a workload.
func targets(h *autoscalingv2.HorizontalPodAutoscaler, workload claim) bool {
	of := h.Spec.ScaleTargetRef
	gv, err := schema.ParseGroupVersion(of.APIVersion)
	return err == nil && workloadClaim(h.Namespace, gv.WithKind(of.Kind).GroupKind(), of.Name) == workload
}

// isOf says whether an HPA is that of an object.
func isOf(h *autoscalingv2.HorizontalPodAutoscaler, so *v1alpha1.ScaledObject) bool {
	owner := metav1.GetControllerOfNoCopy(h)
	return owner != nil && owner.Kind == string(controller.ScaledObject) && owner.Name == so.Name
}
