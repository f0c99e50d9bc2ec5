package keda

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const orders = `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: orders}
spec:
  scaleTargetRef: {name: worker}
  triggers: [{type: redis, metadata: {listName: orders}}]
`

func TestParse(t *testing.T) {
	m, err := Parse("all.yaml", []byte(`# A comment and no object.
---
apiVersion: v1
kind: Secret
metadata: {name: redis}
data: {username: cmVhZGVy}
stringData: {password: "a --- b"}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: passed-over}
spec: {anything: goes}
---
apiVersion: v1
kind: List
items:
- apiVersion: keda.sh/v1alpha1
  kind: ScaledJob
  metadata: {name: exports, namespace: shop}
  spec: {jobTargetRef: {template: {}}, triggers: [{type: cpu, metadata: {}}, {type: redis, metadata: {}}]}
- {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: worker}, spec: {template: {spec: {containers: [{name: app}]}}}}
---
`+strings.Replace(orders, "{name: worker}", "{name: worker, kind: StatefulSet}", 1)))
	require.NoError(t, err)
	require.Len(t, m.ScaledObjects, 1)
	require.Equal(t, "worker", m.ScaledObjects[0].Spec.ScaleTargetRef.Name)
	require.Len(t, m.ScaledJobs, 1)
	require.Equal(t, []string{"ScaledJob shop/exports: triggers[0]: cpu is passed over: it is for ScaledObjects, whose HPA reads it"}, m.Warnings)
	require.Equal(t, "app", m.Pod(m.ScaledObjects[0]).Spec.Containers[0].Name)

	var secret corev1.Secret
	require.NoError(t, m.Get(t.Context(), Ref{"Secret", "shop", "redis"}, &secret), "it is in no other namespace")
	require.Equal(t, map[string][]byte{"username": []byte("reader"), "password": []byte("a --- b")}, secret.Data)
	secret.Data["username"] = nil
	require.NoError(t, m.Get(t.Context(), Ref{"Secret", "", "redis"}, &secret))
	require.Equal(t, "reader", string(secret.Data["username"]), "what was handed out before was a copy")
	require.EqualError(t, m.Get(t.Context(), Ref{"Secret", "", "redis"}, &corev1.ConfigMap{}), "Secret redis is no *v1.ConfigMap")
	err = m.Get(t.Context(), Ref{"Secret", "shop", "none"}, &secret)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
	require.EqualError(t, err, "Secret shop/none: not found")
}

func TestObjectsOfANamespaceAreNoOthers(t *testing.T) {
	m, err := Parse("all.yaml", []byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}}"))
	require.NoError(t, err)
	require.ErrorIs(t, m.Get(t.Context(), Ref{"ConfigMap", "mail", "a"}, &corev1.ConfigMap{}), scalerkit.ErrNotFound)
	require.NoError(t, m.Add("more.yaml", []byte(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "mail"}}`)))
	require.NoError(t, m.Get(t.Context(), Ref{"ConfigMap", "mail", "a"}, &corev1.ConfigMap{}))
}

func TestPodOfAWorkload(t *testing.T) {
	m, err := Parse("all.yaml", []byte(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker, namespace: shop}
spec: {template: {metadata: {name: of-the-deployment}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: worker, namespace: shop}
spec: {template: {metadata: {name: of-the-set}}}
`))
	require.NoError(t, err)
	for target, want := range map[string]string{
		"{name: worker}":                      "of-the-deployment",
		"{name: worker, kind: ReplicaSet}":    "of-the-set",
		"{name: none}":                        "",
		"{name: worker, kind: DaemonSet}":     "",
		"{name: worker, apiVersion: a/b/c}":   "",
		"{name: worker, apiVersion: apps/v2}": "",
		"null":                                "",
	} {
		got := ""
		if pod := m.Pod(parse(t, "metadata: {namespace: shop}\nspec: {scaleTargetRef: "+target+"}")); pod != nil {
			got = pod.Name
		}
		require.Equal(t, want, got, target)
	}
}

func TestMistakesInManifestsAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ manifest, want string }{
		"a field of nobody": {
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nspec: {}\n",
			`f.yaml: document 1: ConfigMap: strict decoding error: unknown field "spec"`,
		},
		"a field twice": {
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nmetadata: {name: b}\n",
			"f.yaml: document 1: ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 4: key \"metadata\" already set in map",
		},
		"no YAML": {"a: [", "f.yaml: document 1: yaml: line 1: did not find expected node content"},
		"a Secret that is not encoded": {
			"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: hunter2!}\n",
			"f.yaml: document 1: Secret: illegal base64 data at input byte 7",
		},
		"no object": {
			"queue: orders\n",
			"f.yaml: document 1: apiVersion and kind are missing: it is no object of Kubernetes",
		},
		"a kind of nobody": {"apiVersion: v1\nkind: ConfigMop\n", `f.yaml: document 1: v1 has no kind ConfigMop`},
		"a kind that is not KEDA's": {
			"apiVersion: keda.sh/v1alpha1\nkind: ScaledObjct\n",
			"f.yaml: document 1: keda.sh/v1alpha1 has no kind ScaledObjct: it is one of ScaledObject, ScaledJob, TriggerAuthentication, ClusterTriggerAuthentication of keda.sh/v1alpha1",
		},
		"no name": {
			strings.Replace(orders, "name: orders}", "namespace: shop}", 1),
			"f.yaml: document 1: ScaledObject: metadata.name: is missing",
		},
		"twice":                      {orders + "---\n" + orders, "f.yaml: document 2: ScaledObject orders: is there already"},
		"a field of no ScaledObject": {orders + "  maxReplicas: 3\n", `f.yaml: document 1: ScaledObject: strict decoding error: unknown field "spec.maxReplicas"`},
		"all that can never work": {
			strings.NewReplacer("{name: worker}", "{apiVersion: a/b/c}").Replace(orders) +
				"  pollingInterval: 0\n  minReplicaCount: 101\n---\n{apiVersion: keda.sh/v1alpha1, kind: TriggerAuthentication, metadata: {name: a, namespace: shop}, spec: {filePath: b}}\n" +
				"---\n{apiVersion: keda.sh/v1alpha1, kind: ClusterTriggerAuthentication, metadata: {name: c}, spec: {filePath: ../d}}",
			`f.yaml: document 1: ScaledObject orders: minReplicaCount: 101 is greater than maxReplicaCount, which is 100
f.yaml: document 1: ScaledObject orders: pollingInterval: 0 is less than 1
f.yaml: document 1: ScaledObject orders: scaleTargetRef.name: is missing
f.yaml: document 1: ScaledObject orders: scaleTargetRef.apiVersion: unexpected GroupVersion string: a/b/c
f.yaml: document 2: TriggerAuthentication shop/a: filePath: only a ClusterTriggerAuthentication may read files of the operator
f.yaml: document 3: ClusterTriggerAuthentication c: filePath: "../d" is not a relative path without ..`,
		},
		"in a List": {
			"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, password: hunter2}\n- {apiVersion: keda.sh/v1alpha1, kind: ScaledJob, metadata: {name: a}, spec: {jobTargetRef: {}, triggers: []}}\n",
			`f.yaml: document 1: items[0]: Secret: strict decoding error: unknown field "password"
f.yaml: document 1: items[1]: ScaledJob a: triggers: there is none to create Jobs by`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(c.manifest))
			require.EqualError(t, err, c.want)
		})
	}
}

func TestChecksOfAScaledObject(t *testing.T) {
	so := parse(t, orders)
	f := CheckScaledObject(so, false)
	require.Empty(t, f)
	require.NoError(t, f.Err())

	so = parse(t, `
metadata: {name: `+strings.Repeat("x", 64)+`, annotations: {scalerkit.dev/mode: both}}
spec:
  minReplicaCount: 2
  cooldownPeriod: 5
  triggers:
  - {type: cpu, name: a, useCachedMetrics: true, metricType: Utilization, metadata: {value: "60"}}
  - {type: memory, name: a, metadata: {value: "60"}}
  fallback: {failureThreshold: 1, replicas: 1}`)
	f = CheckScaledObject(so, false)
	require.Equal(t, []Problem{
		{"incorrect-annotation", `annotation scalerkit.dev/mode: "both" is not one of hpa, direct`},
		{"incorrect-triggers", `memory trigger "a": metricType: "" is not one of Utilization, AverageValue`},
		{"incorrect-triggers", "triggers[0].useCachedMetrics: does not go with type cpu: leave it out"},
		{"incorrect-triggers", `triggers[1].name: triggers[0] is named "a", too`},
		{"incorrect-fallback", "fallback: is for triggers that the operator reads, and there is none: cpu and memory are read by the HPA"},
		{"name-too-long", "metadata.name: has 64 characters, and may have 63"},
		{"hpa-name-too-long", "the HPA's name keda-hpa-" + so.Name + " has 73 characters, and may have 63: give it another in advanced.horizontalPodAutoscalerConfig.name"},
		{"incorrect-target", "scaleTargetRef: is missing"},
	}, f.Problems)
	require.Equal(t, []string{"cooldownPeriod has no effect: with minReplicaCount 2 and no idleReplicaCount nothing is scaled to zero or idle"}, f.Warnings)

	so = parse(t, "metadata: {name: a}\nspec: {scaleTargetRef: {name: b}}")
	f = CheckScaledObject(so, false)
	require.EqualError(t, f.Err(), "triggers: there is none: list at least one")
	so.Spec.Triggers = []v1alpha1.ScaleTriggers{{Type: "cpu", MetricType: "Utilization", Metadata: map[string]string{"value": "60"}}}
	f = CheckScaledObject(so, false)
	require.EqualError(t, f.Err(), "minReplicaCount: 0 needs a trigger that is not cpu or memory, which say nothing while there are no replicas: set it to 1 or more, or add such a trigger")
}
