package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/examples/operator/internal/strict"
)

// An apiService is what k8s.io/kube-aggregator has as APIService: a module for
// one type.
type apiService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Service struct {
			Namespace string `json:"namespace"`
			Name      string `json:"name"`
			Port      int32  `json:"port"`
		} `json:"service"`
		Group                string `json:"group"`
		Version              string `json:"version"`
		CABundle             []byte `json:"caBundle"`
		GroupPriorityMinimum int32  `json:"groupPriorityMinimum"`
		VersionPriority      int32  `json:"versionPriority"`
	} `json:"spec"`
}

// rendered is a chart with some values, decoded strictly.
type rendered []metav1.Object

// decode decodes all objects. Those of cert-manager, whose types are in a
// large module, come back without a type.
func decode(t *testing.T, manifest []byte) rendered {
	t.Helper()
	var objects rendered
	for _, document := range strict.Split(manifest) {
		var kind metav1.TypeMeta
		require.NoError(t, yaml.Unmarshal(document, &kind))
		var object metav1.Object
		switch {
		case kind.Kind == "APIService":
			object = &apiService{}
			require.NoError(t, yaml.UnmarshalStrict(document, object))
		case kind.APIVersion == "cert-manager.io/v1":
			u := &unstructured.Unstructured{}
			require.NoError(t, yaml.Unmarshal(document, &u.Object))
			object = u
		default:
			decoded, err := strict.Decode(document)
			require.NoError(t, err, string(document))
			object = decoded.(metav1.Object)
		}
		require.NotEmpty(t, object.GetName())
		objects = append(objects, object)
	}
	return objects
}

// all returns the objects of a type.
func all[T metav1.Object](objects rendered) []T {
	var found []T
	for _, object := range objects {
		if o, ok := object.(T); ok {
			found = append(found, o)
		}
	}
	return found
}

// one returns the only object of a type.
func one[T metav1.Object](t *testing.T, objects rendered) T {
	t.Helper()
	found := all[T](objects)
	require.Len(t, found, 1, "%T", *new(T))
	return found[0]
}

// arguments returns those of the operator.
func arguments(t *testing.T, objects rendered) []string {
	t.Helper()
	return one[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers[0].Args
}
