package jobs

import (
	"maps"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const (
	suffix     = 5  // characters that make the name of a Job its own
	nameLimit  = 63 // bytes: Pods have the name of their Job in a label
	labelLimit = 63
)

// Template returns what the Jobs of a ScaledJob are made from. Version is the
// operator's, and may be empty. Target is a digest of jobTargetRef; see
// [Origin]. GenerateName is what their names begin with.
func Template(sj *v1alpha1.ScaledJob, version, target string) *batchv1.Job {
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: cut(sj.Name, nameLimit-suffix-1) + "-",
			Namespace:    sj.Namespace,
			Labels:       labels(sj, version),
			Annotations:  annotations(sj, target),
			OwnerReferences: []metav1.OwnerReference{
				*metav1.NewControllerRef(sj, v1alpha1.GroupVersion.WithKind("ScaledJob")),
			},
		},
		Spec: *sj.Spec.JobTargetRef.DeepCopy(),
	}
	pod := &job.Spec.Template
	if pod.Labels == nil {
		pod.Labels = make(map[string]string)
	}
	pod.Labels[v1alpha1.LabelScaledJobName] = sj.Name
	if pod.Spec.RestartPolicy == "" {
		pod.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
	}
	return job
}

func labels(sj *v1alpha1.ScaledJob, version string) map[string]string {
	labels := map[string]string{
		"app.kubernetes.io/name":       cut(sj.Name, labelLimit),
		"app.kubernetes.io/part-of":    cut(sj.Name, labelLimit),
		"app.kubernetes.io/managed-by": "keda-operator",
	}
	if version != "" {
		labels["app.kubernetes.io/version"] = version
	}
	own := maps.Clone(sj.Labels)
	for excluded := range strings.SplitSeq(sj.Annotations[v1alpha1.AnnotationJobExcludedLabels], ",") {
		delete(own, strings.TrimSpace(excluded))
	}
	maps.Copy(labels, own)
	labels[v1alpha1.LabelScaledJobName] = sj.Name // Jobs are found by it
	return labels
}

func annotations(sj *v1alpha1.ScaledJob, target string) map[string]string {
	annotations := maps.Clone(sj.Annotations)
	if annotations == nil {
		annotations = make(map[string]string)
	}
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	annotations[v1alpha1.AnnotationScaledJobGeneration] = strconv.FormatInt(sj.Generation, 10)
	annotations[v1alpha1.AnnotationJobTargetRef] = target
	return annotations
}

// cut makes a name fit.
func cut(name string, limit int) string {
	if len(name) > limit {
		name = name[:limit]
	}
	return strings.TrimRight(name, "-_.")
}
