// Package manifests writes what it takes to run a worker and to scale it by a
// trigger: a Deployment, a TriggerAuthentication and a ScaledObject.
package manifests

import (
	"cmp"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	api "github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Worker is a program in an image, and what it is scaled by.
type Worker struct {
	Name, Namespace, Image string // Namespace may be empty

	Trigger  string                 // its type
	Metadata map[string]string      // its parameters
	Auth     map[string]SecretEntry // and those that are in Secrets

	Env       map[string]string      // the program's environment
	SecretEnv map[string]SecretEntry // and what of it is in Secrets

	// Nil leaves the default to the operator.
	PollingInterval, CooldownPeriod, MinReplicaCount, MaxReplicaCount *int32
}

// A SecretEntry is an entry of a Secret.
type SecretEntry struct{ Secret, Key string }

// objects returns the objects in the order in which they are best applied. They
// refer to Secrets and contain none.
func (w *Worker) objects() []any {
	objects := []any{w.deployment()}
	if len(w.Auth) > 0 {
		objects = append(objects, w.authentication())
	}
	return append(objects, w.scaledObject())
}

func (w *Worker) meta() metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: w.Name, Namespace: w.Namespace}
}

func (w *Worker) deployment() *appsv1.Deployment {
	labels := map[string]string{"app": w.Name}
	var env []corev1.EnvVar
	for _, name := range slices.Sorted(maps.Keys(w.Env)) {
		env = append(env, corev1.EnvVar{Name: name, Value: w.Env[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(w.SecretEnv)) {
		entry := w.SecretEnv[name]
		env = append(env, corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: entry.Secret},
			Key:                  entry.Key,
		}}})
	}
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: w.meta(),
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To(ptr.Deref(w.MinReplicaCount, 0)), // until the ScaledObject is there
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: w.Name, Image: w.Image, Env: env}}},
			},
		},
	}
	d.Labels = labels
	return d
}

func (w *Worker) authentication() *api.TriggerAuthentication {
	a := &api.TriggerAuthentication{
		TypeMeta:   metav1.TypeMeta{APIVersion: api.GroupVersion.String(), Kind: api.KindTriggerAuthentication},
		ObjectMeta: w.meta(),
	}
	for _, parameter := range slices.Sorted(maps.Keys(w.Auth)) {
		entry := w.Auth[parameter]
		a.Spec.SecretTargetRef = append(a.Spec.SecretTargetRef, api.AuthSecretTargetRef{Parameter: parameter, Name: entry.Secret, Key: entry.Key})
	}
	return a
}

func (w *Worker) scaledObject() *api.ScaledObject {
	trigger := api.ScaleTriggers{Type: w.Trigger, Metadata: w.Metadata}
	if len(w.Auth) > 0 {
		trigger.AuthenticationRef = &api.AuthenticationRef{Name: w.Name}
	}
	return &api.ScaledObject{
		TypeMeta:   metav1.TypeMeta{APIVersion: api.GroupVersion.String(), Kind: "ScaledObject"},
		ObjectMeta: w.meta(),
		Spec: api.ScaledObjectSpec{
			ScaleTargetRef:  &api.ScaleTarget{Name: w.Name},
			PollingInterval: w.PollingInterval,
			CooldownPeriod:  w.CooldownPeriod,
			MinReplicaCount: w.MinReplicaCount,
			MaxReplicaCount: w.MaxReplicaCount,
			Triggers:        []api.ScaleTriggers{trigger},
		},
	}
}

// secrets returns what is referred to, sorted and without duplicates.
func (w *Worker) secrets() []SecretEntry {
	entries := slices.Concat(slices.Collect(maps.Values(w.Auth)), slices.Collect(maps.Values(w.SecretEnv)))
	slices.SortFunc(entries, func(a, b SecretEntry) int { return cmp.Or(cmp.Compare(a.Secret, b.Secret), cmp.Compare(a.Key, b.Key)) })
	return slices.Compact(entries)
}
