package jobs

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// CacheOptions returns what a cache is to hold of Jobs and Pods, for
// cache.Options.ByObject: those of ScaledJobs, and of them what is read here.
func CacheOptions() map[client.Object]cache.ByObject {
	ours, err := k8slabels.NewRequirement(v1alpha1.LabelScaledJobName, selection.Exists, nil)
	if err != nil {
		panic(err) // the label is a good one
	}
	selector := k8slabels.NewSelector().Add(*ours)
	return map[client.Object]cache.ByObject{
		&batchv1.Job{}: {Label: selector, Transform: func(object any) (any, error) {
			if j, ok := object.(*batchv1.Job); ok {
				cutMeta(&j.ObjectMeta)
				j.Spec = batchv1.JobSpec{}
				j.Status = batchv1.JobStatus{Conditions: j.Status.Conditions, CompletionTime: j.Status.CompletionTime}
			}
			return object, nil
		}},
		&corev1.Pod{}: {Label: selector, Transform: func(object any) (any, error) {
			if p, ok := object.(*corev1.Pod); ok {
				cutMeta(&p.ObjectMeta)
				p.Spec = corev1.PodSpec{}
				p.Status = corev1.PodStatus{Phase: p.Status.Phase, Conditions: cutConditions(p.Status.Conditions)}
			}
			return object, nil
		}},
	}
}

// cutMeta drops what nobody reads.
func cutMeta(m *metav1.ObjectMeta) {
	kept := metav1.ObjectMeta{
		Namespace:         m.Namespace,
		Name:              m.Name,
		UID:               m.UID,
		ResourceVersion:   m.ResourceVersion,
		DeletionTimestamp: m.DeletionTimestamp,
		OwnerReferences:   m.OwnerReferences,
	}
	if name, ok := m.Labels[v1alpha1.LabelScaledJobName]; ok {
		kept.Labels = map[string]string{v1alpha1.LabelScaledJobName: name}
	}
	for _, key := range []string{v1alpha1.AnnotationScaledJobGeneration, v1alpha1.AnnotationJobTargetRef} {
		if value, ok := m.Annotations[key]; ok {
			metav1.SetMetaDataAnnotation(&kept, key, value)
		}
	}
	*m = kept
}

func cutConditions(conditions []corev1.PodCondition) []corev1.PodCondition {
	cut := make([]corev1.PodCondition, len(conditions))
	for i, c := range conditions {
		cut[i] = corev1.PodCondition{Type: c.Type, Status: c.Status}
	}
	return cut
}
