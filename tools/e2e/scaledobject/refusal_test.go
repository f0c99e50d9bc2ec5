package scaledobject

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
)

// awaitWebhook returns when objects are checked, for which the API server has to
// know the certificate.
func awaitWebhook(t *testing.T, namespace string) {
	t.Helper()
	tries := 0
	r.Await(t, func(context.Context) error {
		tries++
		wrong := object{name: fmt.Sprint("try-", tries), spec: []string{"triggers: [{type: none, metadata: {}}]"}}
		if err := r.TryApply(t, namespace, wrong.scaledObject(namespace)); err == nil { //nolint:contextcheck // it has the test's
			return errors.New("objects are not checked")
		}
		return nil
	})
}

// TestRefusals breaks each rule once that the webhook and the definition have.
// The names are KEDA's, for the metric of refusals.
func TestRefusals(t *testing.T) {
	const (
		cpu     = `{type: cpu, metricType: Utilization, metadata: {value: "50"}}`
		orders  = `{type: redis, name: orders, metadata: {address: "localhost:1", listName: orders}}`
		hpaMine = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: mine}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}, maxReplicas: 3}
`
	)
	long := strings.Repeat("x", 60)
	for name, c := range map[string]struct {
		before string // that there is already
		object object
		words  string
	}{
		"incorrect-replicas": {
			object: object{spec: []string{"minReplicaCount: 31"}},
			words:  "minReplicaCount must not be greater than maxReplicaCount, which is 100 by default",
		},
		"incorrect-idle-replicas": {
			object: object{spec: []string{"minReplicaCount: 3", "idleReplicaCount: 3"}},
			words:  "idleReplicaCount: 3 is not less than minReplicaCount, which is 3",
		},
		"name-too-long": {
			object: object{name: long + "yyyy", annotations: withoutHPA},
			words:  "metadata.name: has 64 characters, and may have 63",
		},
		"hpa-name-too-long": {
			object: object{name: long},
			words:  "the HPA's name keda-hpa-" + long + " has 69 characters, and may have 63: give it another in advanced.horizontalPodAutoscalerConfig.name",
		},
		"incorrect-fallback": {
			object: object{spec: []string{"fallback: {failureThreshold: 1, replicas: -2}"}},
			words:  "spec.fallback.replicas in body should be greater than or equal to 0",
		},
		"incorrect-fallback-of-cpu": {
			object: object{spec: []string{"minReplicaCount: 1", "fallback: {failureThreshold: 1, replicas: 2}", "triggers: [" + cpu + "]"}},
			words:  "fallback: is for triggers that the operator reads, and there is none: cpu and memory are read by the HPA",
		},
		"incorrect-triggers-with-one-name": {
			object: object{spec: []string{"triggers: [" + orders + ", " + orders + "]"}},
			words:  `triggers[1].name: triggers[0] is named "orders", too`,
		},
		"incorrect-triggers-of-none": {
			object: object{spec: []string{"triggers: []"}},
			words:  "spec.triggers in body should have at least 1 items",
		},
		"incorrect-triggers-twice-cpu": {
			object: object{spec: []string{"minReplicaCount: 1", "triggers: [" + cpu + ", " + cpu + "]"}},
			words:  "cpu trigger: there is another trigger for cpu",
		},
		"incorrect-triggers-cached-cpu": {
			object: object{spec: []string{"minReplicaCount: 1", `triggers: [{type: cpu, useCachedMetrics: true, metricType: AverageValue, metadata: {value: 100m}}]`}},
			words:  "triggers[0].useCachedMetrics: does not go with type cpu: leave it out",
		},
		"unknown-trigger-type": {
			object: object{spec: []string{"triggers: [{type: rediss, metadata: {}}]"}},
			words:  `triggers[0]: trigger: type: "rediss" is not a known type; did you mean "redis"?`,
		},
		"incorrect-metadata": {
			object: object{spec: []string{"triggers: [{type: redis, metadata: {address: redis, listName: orders, listLength: many}}]"}},
			words:  `triggers[0]: redis trigger: listLength: "many" is not a whole number`,
		},
		"incorrect-annotation": {
			object: object{annotations: `autoscaling.keda.sh/paused-replicas: few`},
			words:  `annotation autoscaling.keda.sh/paused-replicas: "few" is not a number of replicas`,
		},
		"incorrect-target": {
			object: object{spec: []string{"scaleTargetRef: {name: worker, apiVersion: a/b/c}"}},
			words:  "scaleTargetRef.apiVersion: unexpected GroupVersion string: a/b/c",
		},
		"other-hpa": {
			before: hpaMine,
			words:  `scaleTargetRef: Deployment worker is scaled by HPA mine already: delete that, or hand it over by the annotation scaledobject.keda.sh/transfer-hpa-ownership: "true" and advanced.horizontalPodAutoscalerConfig.name: mine`,
		},
		"transfer-ownership-missing-hpa-name": {
			before: hpaMine,
			object: object{annotations: `scaledobject.keda.sh/transfer-hpa-ownership: "true"`},
			words:  "scaleTargetRef: Deployment worker is scaled by HPA mine, which is to be taken over by its name: set advanced.horizontalPodAutoscalerConfig.name to mine",
		},
		"other-scaled-object": {
			before: "first",
			object: object{spec: []string{"scaleTargetRef: {name: first, kind: Deployment}"}},
			words:  "scaleTargetRef: Deployment first is scaled by ScaledObject first already: add the triggers there",
		},
		"other-scaled-object-hpa": {
			before: "first",
			object: object{spec: []string{"advanced: {horizontalPodAutoscalerConfig: {name: keda-hpa-first}}"}},
			words:  "the HPA's name keda-hpa-first is that of ScaledObject first: give it another in advanced.horizontalPodAutoscalerConfig.name",
		},
		"scaling-modifiers": {
			object: object{spec: []string{`advanced: {scalingModifiers: {formula: orders + invoices, target: "5"}}`, "triggers: [" + orders + "]"}},
			words:  `advanced.scalingModifiers: formula "orders + invoices": column 10: unknown name "invoices"; the triggers are "orders"`,
		},
		"scaling-modifiers-fallback": {
			object: object{spec: []string{"fallback: {failureThreshold: 1, replicas: 1, behavior: scalingModifiers}"}},
			words:  "fallback.behavior: scalingModifiers needs advanced.scalingModifiers.formula",
		},
		"missing-requests": {
			before: object{name: "worker"}.deployment(),
			object: object{spec: []string{"minReplicaCount: 1", "triggers: [" + cpu + "]"}},
			words:  "triggers[0]: cpu: the HPA needs to know how much is requested, and in Deployment worker there is no request and no limit of cpu for container main",
		},
		"scale-to-zero-requirements-not-met": {
			object: object{spec: []string{"triggers: [" + cpu + "]"}},
			words:  "minReplicaCount: 0 needs a trigger that is not cpu or memory, which say nothing while there are no replicas: set it to 1 or more, or add such a trigger",
		},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := namespace(t)
			awaitWebhook(t, namespace)
			if c.object.name == "" {
				c.object.name = "worker"
			}
			switch c.before {
			case "first":
				apply(t, namespace, object{name: c.before})
				r.AwaitCondition(t, namespace, c.before, "Ready", ready) // the operator knows it
			case "":
			default:
				r.Apply(t, namespace, c.before)
			}
			require.ErrorContains(t, r.TryApply(t, namespace, c.object.scaledObject(namespace)), c.words)
		})
	}
}

// warnings are what the API server tells besides.
type warnings struct {
	mu   sync.Mutex
	list []string
}

func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, text)
}

// TestWarnings has what may be wrong, and is not refused.
func TestWarnings(t *testing.T) {
	namespace := namespace(t)
	awaitWebhook(t, namespace)
	var told warnings
	config := rest.CopyConfig(r.Cluster.Config())
	config.WarningHandler = &told
	client, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	worker := object{name: "worker", spec: []string{
		"minReplicaCount: 2",
		fmt.Sprintf("triggers: [{type: redis, metadata: {address: %q, password: %s, listName: %s, listLength: '5', listLenght: '7'}}]", r.Redis.Address, r.Redis.Password, namespace),
	}}
	objects, err := cluster.Parse([]byte(worker.scaledObject(namespace)))
	require.NoError(t, err)
	resource := client.Resource(schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}).Namespace(namespace)
	_, err = resource.Create(t.Context(), objects[0], metav1.CreateOptions{})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		`triggers[0]: redis trigger: listLenght: is not a parameter of this trigger type; did you mean "listLength"?`,
		"cooldownPeriod has no effect: with minReplicaCount 2 and no idleReplicaCount nothing is scaled to zero or idle",
	}, told.list)

	fill(t, namespace, 20)
	r.Apply(t, namespace, worker.deployment())
	r.AwaitReplicas(t, namespace, "worker", 4)
	r.AwaitEvent(t, namespace, "worker", "KEDAScalerInfo", `redis trigger: listLenght: is not a parameter of this trigger type; did you mean "listLength"?`)
}
