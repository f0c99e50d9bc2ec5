package admission

import (
	"context"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledobject"
	"github.com/scalerkit/scalerkit/examples/operator/internal/joined"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const nameLimit = 63 // bytes: the value of a label may have no more

// scaledObject checks a ScaledObject. The reasons are KEDA's where it has them.
func (w *Webhook) scaledObject(ctx context.Context, r admission.Request, so *v1alpha1.ScaledObject) findings {
	var f findings
	direct, warnings, err := scaledobject.Check(so, w.Direct)
	f.warnings = warnings
	for _, err := range joined.Each("", err) {
		if text := err.Error(); !strings.HasPrefix(text, "Fallback.") { // bounds says it in the object's words
			f.refuse(reasonOf(text), "%s", text)
		}
	}
	f.triggers(so.Spec.Triggers)
	w.parameters(&f, so.Spec.Triggers)
	f.bounds(so)
	f.names(so, direct)
	w.others(ctx, &f, so, direct)
	if r.DryRun == nil || !*r.DryRun {
		w.requests(ctx, &f, so)
	}
	return f
}

// reasonOf returns KEDA's reason for what [scaledobject.Check] says.
func reasonOf(text string) string {
	for _, r := range []struct{ prefix, reason string }{
		{"minReplicaCount", "incorrect-replicas"},
		{"idleReplicaCount", "incorrect-replicas"},
		{"advanced.scalingModifiers", "scaling-modifiers"},
		{"annotation", "incorrect-annotation"},
		{"cpu trigger", "incorrect-triggers"},
		{"memory trigger", "incorrect-triggers"},
	} {
		if strings.HasPrefix(text, r.prefix) {
			return r.reason
		}
	}
	return "incorrect-policy"
}

// bounds checks what the types of triggers mean for zero replicas, and warns of
// what has no effect.
func (f *findings) bounds(so *v1alpha1.ScaledObject) {
	onlyResources := len(so.Spec.Triggers) > 0 && !slices.ContainsFunc(so.Spec.Triggers, func(t v1alpha1.ScaleTriggers) bool {
		return !controller.IsResource(t.Type)
	})
	if onlyResources && so.MinReplicas() == 0 {
		f.refuse("scale-to-zero-requirements-not-met",
			"minReplicaCount: 0 needs a trigger that is not cpu or memory, which say nothing while there are no replicas: set it to 1 or more, or add such a trigger")
	}
	f.fallback(so, onlyResources)
	if so.Spec.CooldownPeriod != nil && so.MinReplicas() > 0 && so.Spec.IdleReplicaCount == nil {
		f.warn("cooldownPeriod has no effect: with minReplicaCount %d and no idleReplicaCount nothing is scaled to zero or idle", so.MinReplicas())
	}
}

// fallback checks what stands in for triggers that fail.
func (f *findings) fallback(so *v1alpha1.ScaledObject, onlyResources bool) {
	fallback := so.Spec.Fallback
	if fallback == nil {
		return
	}
	if fallback.FailureThreshold < 0 {
		f.refuse("incorrect-fallback", "fallback.failureThreshold: %d is less than 0", fallback.FailureThreshold)
	}
	if fallback.Replicas < 0 {
		f.refuse("incorrect-fallback", "fallback.replicas: %d is less than 0", fallback.Replicas)
	}
	formula := so.Spec.Advanced != nil && so.Spec.Advanced.ScalingModifiers.Formula != ""
	if onlyResources && !formula {
		f.refuse("incorrect-fallback", "fallback: is for triggers that the operator reads, and there is none: cpu and memory are read by the HPA")
	}
	if fallback.Behavior == v1alpha1.FallbackScalingModifiers && !formula {
		f.refuse("scaling-modifiers-fallback", "fallback.behavior: %s needs advanced.scalingModifiers.formula", fallback.Behavior)
	}
}

// names checks that names fit into labels.
func (f *findings) names(so *v1alpha1.ScaledObject, direct bool) {
	if n := len(so.Name); n > nameLimit {
		f.refuse("name-too-long", "metadata.name: has %d characters, and may have %d", n, nameLimit)
	}
	if n := len(so.HPAName()); n > nameLimit && !direct {
		f.refuse("hpa-name-too-long",
			"the HPA's name %s has %d characters, and may have %d: give it another in advanced.horizontalPodAutoscalerConfig.name", so.HPAName(), n, nameLimit)
	}
}
