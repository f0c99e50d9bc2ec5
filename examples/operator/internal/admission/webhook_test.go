package admission

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

var bad = scaledObject("triggers: [{type: nothing, metadata: {}}]")

func TestWhatDoesNotChangeIsNotChecked(t *testing.T) {
	finalized := strings.Replace(bad, "name: web}\nspec", "name: web, finalizers: [finalizer.keda.sh]}\nspec", 1)
	for name, c := range map[string]struct {
		old, object string
		allowed     bool
	}{
		"finalizers":          {finalized, bad, true},
		"labels":              {bad, strings.Replace(bad, "name: web}\nspec", "name: web, labels: {a: b}}\nspec", 1), true},
		"status":              {bad, bad + "status: {hpaName: x}\n", true},
		"being deleted":       {scaledObject(good), strings.Replace(bad, "name: web}\nspec", "name: web, deletionTimestamp: 2026-01-01T00:00:00Z}\nspec", 1), true},
		"annotations":         {bad, strings.Replace(bad, "name: web}\nspec", "name: web, annotations: {a: b}}\nspec", 1), false},
		"spec, for the worse": {scaledObject(good), bad, false},
		"spec, for the good":  {bad, scaledObject(good), true},
	} {
		t.Run(name, func(t *testing.T) {
			got := newGate(t, "").ask(t, c.object, c.old)
			assert.Equal(t, c.allowed, got.allowed, got.message)
		})
	}
}

func TestWhatIsNotOursIsNotChecked(t *testing.T) {
	g := newGate(t, "")
	g.Namespaces = []string{"mail"}
	assert.True(t, g.ask(t, bad, "").allowed)
	g.Namespaces = []string{"mail", "shop"}
	assert.False(t, g.ask(t, bad, "").allowed)

	selector, err := labels.Parse("team=a")
	require.NoError(t, err)
	g.Selector = selector
	assert.True(t, g.ask(t, bad, "").allowed)
	assert.False(t, g.ask(t, strings.Replace(bad, "name: web}\nspec", "name: web, labels: {team: a}}\nspec", 1), "").allowed)
}

func TestAMistakeOfOurOwnLetsTheObjectPass(t *testing.T) {
	g := newGate(t, "")
	g.Registry = nil
	got := g.ask(t, scaledObject(good), "")
	assert.True(t, got.allowed)
	require.Len(t, got.warnings, 1)
	assert.Contains(t, got.warnings[0], "this was not checked, by a mistake of the operator: ")

	g = newGate(t, "")
	got = g.ask(t, scaledObject(good), "", func(r *admissionv1.AdmissionRequest) {
		r.Object = runtime.RawExtension{Raw: []byte(`{"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "spec": 5}`)}
	})
	assert.True(t, got.allowed)
	require.Len(t, got.warnings, 1)
	assert.Contains(t, got.warnings[0], "this was not checked: ")
}

func TestOtherKinds(t *testing.T) {
	job := func(spec string) string {
		return "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {namespace: shop, name: export}\nspec:\n  jobTargetRef: {template: {}}\n  " +
			strings.ReplaceAll(strings.TrimSpace(spec), "\n", "\n  ")
	}
	auth := func(kind, spec string) string {
		return "apiVersion: keda.sh/v1alpha1\nkind: " + kind + "\nmetadata: {namespace: shop, name: redis}\nspec: " + spec
	}
	for name, c := range map[string]struct {
		object, message string
		warnings        []string
	}{
		"a good ScaledJob": {object: job(good)},
		"a bad ScaledJob": {
			object: job("minReplicaCount: 3\nmaxReplicaCount: 2\ntriggers: [{type: redis, metricType: Utilization, metadata: {address: redis:6379}}, {type: cpu, metadata: {}}]"),
			message: `there are 3 problems:
- minReplicaCount: 3 is greater than maxReplicaCount, which is 2
- triggers[0].metricType: Utilization means nothing to a ScaledJob: leave it out
- triggers[0]: redis trigger: listName: is missing: set it in the metadata`,
			warnings: []string{"triggers[1]: cpu is passed over: it is for ScaledObjects, whose HPA reads it"},
		},
		"a ScaledJob with nothing to create Jobs by": {
			object:   job(`triggers: [{type: cpu, metadata: {value: "60"}}]`),
			message:  "triggers: there is none to create Jobs by",
			warnings: []string{"triggers[0]: cpu is passed over: it is for ScaledObjects, whose HPA reads it"},
		},
		"a good TriggerAuthentication": {object: auth("TriggerAuthentication", "{secretTargetRef: [{parameter: password, name: redis, key: password}]}")},
		"a bad TriggerAuthentication": {
			object: auth("TriggerAuthentication", "{podIdentity: {provider: aws, externalID: x}, filePath: x.json, oauth2: {clientId: a, tokenUrl: nowhere}}"),
			message: `there are 3 problems:
- podIdentity: externalID needs roleArn
- filePath: only a ClusterTriggerAuthentication may read files of the operator
- oauth2: tokenUrl "nowhere" is not a URL such as https://login.example.com/token`,
		},
		"a good ClusterTriggerAuthentication": {object: auth("ClusterTriggerAuthentication", "{filePath: x.json}")},
		"a bad ClusterTriggerAuthentication": {
			object:  auth("ClusterTriggerAuthentication", "{filePath: ../x.json}"),
			message: `filePath: "../x.json" is not a relative path without ..`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t, "")
			got := g.ask(t, c.object, "")
			assert.Equal(t, c.message == "", got.allowed)
			assert.Equal(t, c.message, got.message)
			assert.Equal(t, c.warnings, got.warnings)
			assert.Nil(t, g.reasons, "KEDA counts ScaledObjects")
		})
	}
}
