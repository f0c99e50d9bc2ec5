package v1alpha1

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Finalizer is on every object of this API that the operator reconciles.
const Finalizer = "finalizer.keda.sh"

// KEDA's annotations of ScaledObjects; AnnotationPaused is one of ScaledJobs
// too. The values are booleans, to be read with [Enabled], where nothing else
// is said.
const (
	// AnnotationPaused stops scaling. The HPA of a ScaledObject goes away and
	// the replicas stay as they are; running jobs go on.
	AnnotationPaused = "autoscaling.keda.sh/paused"

	// AnnotationPausedReplicas pauses too, and sets the target to the number
	// that is its value.
	AnnotationPausedReplicas = "autoscaling.keda.sh/paused-replicas"

	AnnotationPausedScaleIn  = "autoscaling.keda.sh/paused-scale-in"
	AnnotationPausedScaleOut = "autoscaling.keda.sh/paused-scale-out"

	// AnnotationForceActivation counts the object as active whatever the
	// triggers say.
	AnnotationForceActivation = "autoscaling.keda.sh/force-activation"

	// AnnotationTransferHPAOwnership, if "true", adopts the HPA whose name is
	// in horizontalPodAutoscalerConfig.name.
	AnnotationTransferHPAOwnership = "scaledobject.keda.sh/transfer-hpa-ownership"

	// AnnotationHPAExcludedLabels lists labels of the ScaledObject, separated
	// by commas, that its HPA does not get.
	AnnotationHPAExcludedLabels = "scaledobject.keda.sh/hpa-excluded-labels"
)

// KEDA's other annotations and its labels.
const (
	// AnnotationHPAOwnership on an HPA, if "false", keeps the admission
	// webhook from seeing a conflict with it.
	AnnotationHPAOwnership = "validations.keda.sh/hpa-ownership"

	// AnnotationJobExcludedLabels lists labels of the ScaledJob, separated by
	// commas, that its jobs do not get.
	AnnotationJobExcludedLabels = "scaledjob.keda.sh/job-excluded-labels"

	// AnnotationScaledJobGeneration on a Job is the generation of the
	// ScaledJob that it was made from.
	AnnotationScaledJobGeneration = "scaledjob.keda.sh/generation"

	// LabelScaledObjectName is on a ScaledObject and in the selector of every
	// metric of its HPA. Its value is the object's name.
	LabelScaledObjectName = "scaledobject.keda.sh/name"

	// LabelScaledJobName is on every Job and Pod of a ScaledJob. Its value is
	// the ScaledJob's name.
	LabelScaledJobName = "scaledjob.keda.sh/name"
)

// AnnotationJobTargetRef on a Job is a digest of the jobTargetRef that it was
// made from. It is our own and not KEDA's.
const AnnotationJobTargetRef = "scalerkit.dev/job-target-ref"

// AnnotationMode on a ScaledObject says who carries out the policy. It is our
// own and not KEDA's. Without it the operator's --direct flag decides.
const (
	AnnotationMode = "scalerkit.dev/mode"

	ModeHPA    = "hpa"    // an HPA scales between 1 and the maximum, the operator from and to zero
	ModeDirect = "direct" // the operator alone scales; there is no HPA
)

// Enabled returns whether a boolean annotation is on. Like KEDA it takes every
// value for true that is not a Go spelling of false, also the empty one.
func Enabled(object metav1.Object, annotation string) bool {
	value, ok := object.GetAnnotations()[annotation]
	if !ok {
		return false
	}
	on, err := strconv.ParseBool(value)
	return on || err != nil
}
