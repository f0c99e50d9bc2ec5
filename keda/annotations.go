package keda

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const incorrectAnnotation = "incorrect-annotation"

// Direct reports whether the operator alone scales a ScaledObject, without an
// HPA. Otherwise is the answer for an object that does not say.
func Direct(so *v1alpha1.ScaledObject, otherwise bool) (bool, error) {
	switch mode, ok := so.Annotations[v1alpha1.AnnotationMode]; {
	case !ok:
		return otherwise, nil
	case mode == v1alpha1.ModeDirect:
		return true, nil
	case mode == v1alpha1.ModeHPA:
		return false, nil
	default:
		return otherwise, fmt.Errorf("annotation %s: %q is not one of %s, %s", v1alpha1.AnnotationMode, mode, v1alpha1.ModeHPA, v1alpha1.ModeDirect)
	}
}

// Paused returns whether a ScaledObject is paused, and at how many replicas;
// nil leaves those that there are.
func Paused(so *v1alpha1.ScaledObject) (paused bool, replicas *int32, err error) {
	text, ok := so.Annotations[v1alpha1.AnnotationPausedReplicas]
	if !ok {
		return v1alpha1.Enabled(so, v1alpha1.AnnotationPaused), nil, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil || n < 0 {
		return true, nil, fmt.Errorf("annotation %s: %q is not a number of replicas", v1alpha1.AnnotationPausedReplicas, text)
	}
	count := int32(n)
	return true, &count, nil
}
