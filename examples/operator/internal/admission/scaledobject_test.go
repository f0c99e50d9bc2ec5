package admission

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	admissionv1 "k8s.io/api/admission/v1"
)

// scaledObject returns a ScaledObject of Deployment web.
func scaledObject(spec string) string {
	return `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {namespace: shop, name: web}
spec:
  scaleTargetRef: {name: web}
  ` + strings.ReplaceAll(strings.TrimSpace(spec), "\n", "\n  ") + "\n"
}

const (
	good = "triggers: [{type: redis, metadata: {address: redis:6379, listName: orders}}]\n"
	cpu  = "triggers: [{type: cpu, metricType: Utilization, metadata: {value: \"50\"}}]\nminReplicaCount: 1\n"

	web = `
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: web}
spec:
  template:
    spec:
      containers:
      - {name: app, resources: {requests: {cpu: 100m}}}
      - {name: sidecar}
`
	limits = `
apiVersion: v1
kind: LimitRange
metadata: {namespace: shop, name: limits}
spec:
  limits:
  - {type: Pod, max: {cpu: "1"}}
  - {type: Container, default: {cpu: 200m}}
`
)

func another(name, spec string) string {
	return strings.Replace(scaledObject(spec), "name: web}\nspec", "name: "+name+"}\nspec", 1)
}

func hpaOf(name, annotations, owner string) string {
	return `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  namespace: shop
  name: ` + name + `
  annotations: {` + annotations + `}
  ownerReferences: [` + owner + `]
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
`
}

func TestScaledObjects(t *testing.T) {
	const takeOver = "metadata: {namespace: shop, name: web, annotations: {scaledobject.keda.sh/transfer-hpa-ownership: \"true\"}}"
	for name, c := range map[string]struct {
		cluster  string
		object   string
		dryRun   bool
		message  string // empty: it is allowed
		reasons  []string
		warnings []string
	}{
		"a good one": {object: scaledObject(good)},
		"several problems": {
			object: scaledObject(`
minReplicaCount: 5
maxReplicaCount: 3
idleReplicaCount: 7
triggers:
- {type: redis, name: a, metadata: {address: redis:6379, listLength: many, listNmae: orders}}
- {type: rediss, name: a, metadata: {}}`),
			message: `
there are 6 problems:
- minReplicaCount: 5 is greater than maxReplicaCount, which is 3
- idleReplicaCount: 7 is not less than minReplicaCount, which is 5
- triggers[1].name: triggers[0] is named "a", too
- triggers[0]: redis trigger "a": listLength: "many" is not a whole number
- triggers[0]: redis trigger "a": listName: is missing: set it in the metadata
- triggers[1]: trigger "a": type: "rediss" is not a known type; did you mean "redis"?`,
			reasons:  []string{"incorrect-replicas", "incorrect-triggers", "incorrect-metadata", "unknown-trigger-type"},
			warnings: []string{`triggers[0]: redis trigger "a": listNmae: is not a parameter of this trigger type; did you mean "listName"?`},
		},
		"an unknown key": {
			object:   scaledObject("triggers: [{type: redis, metadata: {address: redis:6379, listName: orders, colour: red}}]"),
			warnings: []string{`triggers[0]: redis trigger: colour: is not a parameter of this trigger type; there are`},
		},
		"what an authentication may deliver": {
			object: scaledObject("triggers: [{type: rabbitmq, metadata: {queueName: orders, mode: QueueLength, value: \"5\"}, authenticationRef: {name: later}}]"),
		},
		"what the environment may have": {
			object: scaledObject("triggers: [{type: rabbitmq, metadata: {queueName: orders, mode: QueueLength, value: \"5\", hostFromEnv: HOST}}]"),
		},
		"what no authentication makes right": {
			object:  scaledObject("triggers: [{type: rabbitmq, metadata: {queueName: orders, mode: Lenght, value: \"5\"}, authenticationRef: {name: later}}]"),
			message: `triggers[0]: rabbitmq trigger: mode: "Lenght" is not one of`,
			reasons: []string{"incorrect-metadata"},
		},
		"without the authentication": {
			object:  scaledObject("triggers: [{type: rabbitmq, metadata: {queueName: orders, mode: QueueLength, value: \"5\"}}]"),
			message: "triggers[0]: rabbitmq trigger: host: is missing",
			reasons: []string{"incorrect-metadata"},
		},
		"no trigger": {
			object:  scaledObject("triggers: []"),
			message: "triggers: there is none: list at least one",
			reasons: []string{"incorrect-triggers"},
		},
		"cached metrics of cpu": {
			object:  scaledObject("minReplicaCount: 1\ntriggers: [{type: cpu, useCachedMetrics: true, metricType: AverageValue, metadata: {value: 100m}}]"),
			cluster: limits + "---" + web,
			message: "triggers[0].useCachedMetrics: does not go with type cpu: leave it out",
			reasons: []string{"incorrect-triggers"},
		},
		"a kind of target that a trigger does not have": {
			object:  scaledObject("triggers: [{type: redis, metricType: Utilization, metadata: {address: redis:6379, listName: orders}}]"),
			message: `triggers[0]: redis trigger: metricType: "Utilization" is not one of AverageValue, Value`,
			reasons: []string{"incorrect-metadata"},
		},
		"a formula": {
			object:  scaledObject("advanced: {scalingModifiers: {formula: a + c, target: \"5\"}}\ntriggers: [{type: redis, name: a, metadata: {address: redis:6379, listName: orders}}]"),
			message: `advanced.scalingModifiers: `,
			reasons: []string{"scaling-modifiers"},
		},
		"a formula whose triggers have no target": {
			object: scaledObject("advanced: {scalingModifiers: {formula: a, target: \"5\"}}\ntriggers: [{type: prometheus, name: a, metadata: {serverAddress: \"http://prometheus:9090\", query: up}}]"),
		},
		"a fallback by a formula that is not there": {
			object:  scaledObject(good + "fallback: {failureThreshold: 1, replicas: 1, behavior: scalingModifiers}"),
			message: "fallback.behavior: scalingModifiers needs advanced.scalingModifiers.formula",
			reasons: []string{"scaling-modifiers-fallback"},
		},
		"a fallback below zero": {
			object:  scaledObject(good + "fallback: {failureThreshold: -1, replicas: -2}"),
			message: "there are 2 problems:\n- fallback.failureThreshold: -1 is less than 0\n- fallback.replicas: -2 is less than 0",
			reasons: []string{"incorrect-fallback"},
		},
		"a fallback for cpu": {
			cluster: limits + "---" + web,
			object:  scaledObject(cpu + "fallback: {failureThreshold: 1, replicas: 2}"),
			message: "fallback: is for triggers that the operator reads, and there is none: cpu and memory are read by the HPA",
			reasons: []string{"incorrect-fallback"},
		},
		"cpu from zero": {
			cluster: limits + "---" + web,
			object:  scaledObject(strings.Replace(cpu, "minReplicaCount: 1", "minReplicaCount: 0", 1)),
			message: "minReplicaCount: 0 needs a trigger that is not cpu or memory, which say nothing while there are no replicas: set it to 1 or more, or add such a trigger",
			reasons: []string{"scale-to-zero-requirements-not-met"},
		},
		"cpu twice, of which one is wrong": {
			cluster: limits + "---" + web,
			object:  scaledObject("minReplicaCount: 1\ntriggers: [{type: cpu, metricType: Utilization, metadata: {value: much}}, {type: cpu, metricType: Utilization, metadata: {value: \"50\"}}]"),
			message: `cpu trigger: value: "much" is not a whole number of percent, at least 1`,
			reasons: []string{"incorrect-triggers"},
		},
		"cpu that is not requested": {
			cluster: web,
			object:  scaledObject(cpu),
			message: "triggers[0]: cpu: the HPA needs to know how much is requested, and in Deployment web there is no request and no limit of cpu for container sidecar",
			reasons: []string{"missing-requests"},
		},
		"memory that is not requested": {
			cluster: web,
			object:  scaledObject("minReplicaCount: 1\ntriggers: [{type: memory, metricType: AverageValue, metadata: {value: 100Mi}}]"),
			message: "triggers[0]: memory: the HPA needs to know how much is requested, and in Deployment web there is no request and no limit of memory for containers app, sidecar",
			reasons: []string{"missing-requests"},
		},
		"cpu of the container that requests it": {
			cluster: web,
			object:  scaledObject("minReplicaCount: 1\ntriggers: [{type: cpu, metricType: Utilization, metadata: {value: \"50\", containerName: app}}]"),
		},
		"cpu of a container that is not there": {
			cluster:  web,
			object:   scaledObject("minReplicaCount: 1\ntriggers: [{type: cpu, metricType: Utilization, metadata: {value: \"50\", containerName: ap}}]"),
			warnings: []string{`triggers[0]: Deployment web has no container "ap": it has app, sidecar`},
		},
		"cpu by a LimitRange":       {cluster: limits + "---" + web, object: scaledObject(cpu)},
		"cpu by a limit":            {cluster: strings.Replace(web, "{name: sidecar}", "{name: sidecar, resources: {limits: {cpu: 1}}}", 1), object: scaledObject(cpu)},
		"cpu by the Pod":            {cluster: strings.Replace(web, "      containers:", "      resources: {requests: {cpu: 1}}\n      containers:", 1), object: scaledObject(cpu)},
		"cpu in a dry run":          {cluster: web, object: scaledObject(cpu), dryRun: true},
		"cpu of a StatefulSet":      {cluster: strings.NewReplacer("Deployment", "StatefulSet", "- {name: sidecar}", "").Replace(web), object: strings.Replace(scaledObject(cpu), "{name: web}\n", "{name: web, kind: StatefulSet}\n", 1)},
		"cpu of another kind":       {object: strings.Replace(scaledObject(cpu), "{name: web}\n", "{name: web, kind: Rollout, apiVersion: argoproj.io/v1alpha1}\n", 1)},
		"cpu of a workload to come": {object: scaledObject(cpu), warnings: []string{"not checked whether the containers of Deployment web request cpu: there is no Deployment web yet"}},
		"another ScaledObject": {
			cluster: another("old", good),
			object:  scaledObject(good),
			message: "scaleTargetRef: Deployment web is scaled by ScaledObject old already: add the triggers there",
			reasons: []string{"other-scaled-object"},
		},
		"another ScaledObject with its version left out": {
			cluster: strings.Replace(another("old", good), "{name: web}\n", "{name: web, apiVersion: apps/v1, kind: Deployment}\n", 1),
			object:  scaledObject(good),
			message: "scaleTargetRef: Deployment web is scaled by ScaledObject old already: add the triggers there",
			reasons: []string{"other-scaled-object"},
		},
		"another ScaledObject of another workload, in another namespace, and itself": {
			cluster: strings.Replace(another("old", good), "{name: web}\n", "{name: other}\n", 1) + "---" +
				strings.Replace(another("old", good), "namespace: shop", "namespace: mail", 1) + "---" + scaledObject(good),
			object: scaledObject(good),
		},
		"another ScaledObject of the same HPA": {
			cluster: strings.Replace(another("old", good+"advanced: {horizontalPodAutoscalerConfig: {name: keda-hpa-web}}"), "{name: web}\n", "{name: other}\n", 1),
			object:  scaledObject(good),
			message: "the HPA's name keda-hpa-web is that of ScaledObject old: give it another in advanced.horizontalPodAutoscalerConfig.name",
			reasons: []string{"other-scaled-object-hpa"},
		},
		"another HPA": {
			cluster: hpaOf("mine", "", ""),
			object:  scaledObject(good),
			message: `scaleTargetRef: Deployment web is scaled by HPA mine already: delete that, or hand it over by the annotation scaledobject.keda.sh/transfer-hpa-ownership: "true" and advanced.horizontalPodAutoscalerConfig.name: mine`,
			reasons: []string{"other-hpa"},
		},
		"another HPA that does not count": {cluster: hpaOf("mine", `validations.keda.sh/hpa-ownership: "false"`, ""), object: scaledObject(good)},
		"its own HPA":                     {cluster: hpaOf("mine", "", "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, name: web, uid: u, controller: true}"), object: scaledObject(good)},
		"another HPA to take over": {
			cluster: hpaOf("mine", "", ""),
			object:  strings.Replace(scaledObject(good+"advanced: {horizontalPodAutoscalerConfig: {name: mine}}"), "metadata: {namespace: shop, name: web}", takeOver, 1),
		},
		"another HPA to take over without its name": {
			cluster: hpaOf("mine", "", ""),
			object:  strings.Replace(scaledObject(good), "metadata: {namespace: shop, name: web}", takeOver, 1),
			message: "scaleTargetRef: Deployment web is scaled by HPA mine, which is to be taken over by its name: set advanced.horizontalPodAutoscalerConfig.name to mine",
			reasons: []string{"transfer-ownership-missing-hpa-name"},
		},
		"names that are too long": {
			object: another(strings.Repeat("x", 64), good),
			message: "there are 2 problems:\n- metadata.name: has 64 characters, and may have 63\n" +
				"- the HPA's name keda-hpa-" + strings.Repeat("x", 64) + " has 73 characters, and may have 63: give it another in advanced.horizontalPodAutoscalerConfig.name",
			reasons: []string{"name-too-long", "hpa-name-too-long"},
		},
		"a name that is too long for an HPA that there is not": {
			object: strings.Replace(another(strings.Repeat("x", 60), good), "x}\n", "x, annotations: {scalerkit.dev/mode: direct}}\n", 1),
		},
		"an annotation": {
			object:  strings.Replace(scaledObject(good), "name: web}\nspec", "name: web, annotations: {autoscaling.keda.sh/paused-replicas: few}}\nspec", 1),
			message: `annotation autoscaling.keda.sh/paused-replicas: "few" is not a number of replicas`,
			reasons: []string{"incorrect-annotation"},
		},
		"a cooldown without effect": {
			object:   scaledObject(good + "minReplicaCount: 2\ncooldownPeriod: 60"),
			warnings: []string{"cooldownPeriod has no effect: with minReplicaCount 2 and no idleReplicaCount nothing is scaled to zero or idle"},
		},
		"a target that is none": {
			object:  strings.Replace(scaledObject(good), "{name: web}\n", "{name: web, apiVersion: a/b/c}\n", 1),
			message: "scaleTargetRef.apiVersion: unexpected GroupVersion string: a/b/c",
			reasons: []string{"incorrect-target"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t, c.cluster)
			got := g.ask(t, c.object, "", func(r *admissionv1.AdmissionRequest) { r.DryRun = &c.dryRun })
			assert.Equal(t, c.message == "", got.allowed, got.message)
			if want := strings.TrimSpace(c.message); strings.HasSuffix(want, ":") || strings.Contains(want, "is not one of") || strings.HasSuffix(want, "is missing") {
				assert.True(t, strings.HasPrefix(got.message, want), got.message)
			} else {
				assert.Equal(t, want, got.message)
			}
			assert.Len(t, got.warnings, len(c.warnings), got.warnings)
			for i, w := range c.warnings {
				assert.True(t, strings.HasPrefix(got.warnings[i], w), got.warnings[i])
			}
			assert.Equal(t, append([]string{"shop", "create"}, c.reasons...), g.reasons)
		})
	}
}

func TestLookUpsThatFailLetTheObjectPass(t *testing.T) {
	g := newGate(t, "")
	g.down = true
	got := g.ask(t, scaledObject(cpu), "")
	assert.True(t, got.allowed)
	assert.Equal(t, []string{
		"not checked whether an HPA scales Deployment web: connection refused",
		"not checked whether another ScaledObject has an HPA named keda-hpa-web: the API server has not listed the ScaledObjects yet",
		"not checked whether another ScaledObject scales Deployment web: the API server has not listed the ScaledObjects yet",
		"not checked whether the containers of Deployment web request cpu: connection refused",
	}, got.warnings)

	got = g.ask(t, scaledObject(strings.Replace(good, "listName", "list", 1)), "")
	assert.False(t, got.allowed, "what is wrong without looking is wrong")
}
