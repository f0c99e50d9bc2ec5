package strict

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const scaledObject = `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: orders}
spec:
  scaleTargetRef: {name: worker}
  triggers: [{type: redis, metadata: {listName: orders}}]
`

func TestObjects(t *testing.T) {
	got, err := Objects([]byte(`# A comment and no object.
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {note: "a --- b"}
---
` + scaledObject))
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, map[string]string{"note": "a --- b"}, got[0].(*corev1.ConfigMap).Data)
	require.Equal(t, "worker", got[1].(*v1alpha1.ScaledObject).Spec.ScaleTargetRef.Name)
}

func TestMistakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ manifest, want string }{
		"a field of nobody": {
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nspec: {}\n",
			`document 1: strict decoding error: unknown field "spec"`,
		},
		"a field twice": {
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nmetadata: {name: b}\n",
			"document 1: strict decoding error: yaml: unmarshal errors:\n  line 4: key \"metadata\" already set in map",
		},
		"a kind of nobody": {
			"apiVersion: v1\nkind: ConfigMop\n",
			fmt.Sprintf("document 1: no kind \"ConfigMop\" is registered for version \"v1\" in scheme %q", scheme.Name()),
		},
		"a field of no ScaledObject": {
			scaledObject + "  maxReplicas: 3\n",
			`document 1: strict decoding error: unknown field "spec.maxReplicas"`,
		},
		"a value out of range": {
			scaledObject + "  pollingInterval: 0\n",
			"document 1: ScaledObject: spec.pollingInterval: Invalid value: 0: spec.pollingInterval in body should be greater than or equal to 1",
		},
		"a rule": {
			scaledObject + "  minReplicaCount: 101\n",
			`document 1: ScaledObject: spec: Invalid value: minReplicaCount must not be greater than maxReplicaCount, which is 100 by default`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Objects([]byte(c.manifest))
			require.EqualError(t, err, c.want)
		})
	}
}

func TestDefaultsOfTheSchema(t *testing.T) {
	bare, err := Decode([]byte(scaledObject))
	require.NoError(t, err)
	with, err := Decode([]byte(scaledObject + "  fallback: {failureThreshold: 3, replicas: 6}\n"))
	require.NoError(t, err)
	want := bare.(*v1alpha1.ScaledObject)
	want.Spec.Fallback = &v1alpha1.Fallback{FailureThreshold: 3, Replicas: 6, Behavior: v1alpha1.FallbackStatic}
	require.True(t, apiequality.Semantic.DeepEqual(want, with))
}
