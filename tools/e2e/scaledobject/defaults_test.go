package scaledobject

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
)

// everything is a ScaledObject with all fields, but for those that cannot be
// together with others, and an authentication. They are paused, so that nothing
// is made of them.
const everything = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: everything
  labels: {team: checkout}
  annotations: {autoscaling.keda.sh/paused: "true"}
spec:
  scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: worker, envSourceContainerName: main}
  pollingInterval: 5
  cooldownPeriod: 60
  initialCooldownPeriod: 10
  idleReplicaCount: 0
  minReplicaCount: 1
  maxReplicaCount: 50
  fallback: {failureThreshold: 3, replicas: 6}
  advanced:
    restoreToOriginalReplicaCount: true
    horizontalPodAutoscalerConfig:
      name: worker
      behavior:
        scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 4, periodSeconds: 15}]}
        scaleDown: {selectPolicy: Min, tolerance: 50m}
    scalingModifiers: {formula: (orders + invoices) / 2, target: "5", activationTarget: "1", metricType: AverageValue}
  triggers:
  - type: redis
    name: orders
    metricType: AverageValue
    useCachedMetrics: true
    metadata: {address: "localhost:1", listName: orders, listLength: "5"}
    authenticationRef: {name: redis, kind: ClusterTriggerAuthentication}
  - type: rabbitmq
    name: invoices
    metadata: {queueName: invoices, mode: QueueLength, value: "20", hostFromEnv: RABBITMQ_URL}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: oauth}
spec:
  oauth2: {clientId: a, tokenUrl: "https://login.example.com/token", scopes: [read]}
`

// TestDefaults reads objects back as they would be with KEDA's definitions,
// which write two defaults into them. All others hold without being written.
func TestDefaults(t *testing.T) {
	namespace := namespace(t)
	given, err := cluster.Parse([]byte(everything))
	require.NoError(t, err)
	for _, o := range given {
		require.NoError(t, r.Applier.Apply(t.Context(), namespace, o))
	}
	require.NoError(t, unstructured.SetNestedField(given[0].Object, "static", "spec", "fallback", "behavior"))
	require.NoError(t, unstructured.SetNestedField(given[1].Object, "clientCredentials", "spec", "oauth2", "type"))
	for _, want := range given {
		resource, err := r.Applier.Resource(t.Context(), namespace, want)
		require.NoError(t, err)
		is, err := resource.Get(t.Context(), want.GetName(), metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, want.Object["spec"], is.Object["spec"])
		require.Equal(t, want.GetLabels(), is.GetLabels())
		require.Equal(t, want.GetAnnotations(), is.GetAnnotations())
	}

	const small = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: worker}
spec:
  scaleTargetRef: {name: worker}
  triggers: [%s]
`
	r.Apply(t, namespace, object{name: "worker"}.deployment()+"---"+fmt.Sprintf(small, list(namespace)))
	r.AwaitCondition(t, namespace, "worker", "Ready", ready)
	r.AwaitEvent(t, namespace, "worker", "KEDAScalersStarted", "Reading redis every 30s")
	is, err := r.ScaledObjects(t, namespace).Get(t.Context(), "worker", metav1.GetOptions{})
	require.NoError(t, err)
	require.Len(t, is.Object["spec"], 2, "what was given, and no more")
	h, err := r.HPA(t.Context(), namespace, "worker")
	require.NoError(t, err)
	require.Equal(t, int32(1), *h.Spec.MinReplicas)
	require.Equal(t, int32(100), h.Spec.MaxReplicas)
}

// TestColumns has kubectl print what it would print with KEDA.
func TestColumns(t *testing.T) {
	namespace := namespace(t)
	apply(t, namespace, object{name: "worker", spec: []string{"minReplicaCount: 2"}})
	want := map[string]any{
		"Name": "worker", "ScaleTargetKind": "apps/v1.Deployment", "ScaleTargetName": "worker", "Min": 2.0, "Max": 30.0,
		"Ready": "True", "Active": "False", "Fallback": "False", "Paused": "False", "Triggers": "redis", "Authentications": "redis",
	}
	r.Await(t, func(ctx context.Context) error {
		text, err := r.Client.Discovery().RESTClient().Get().
			AbsPath("apis/keda.sh/v1alpha1/namespaces", namespace, "scaledobjects").
			SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").
			Do(ctx).Raw()
		if err != nil {
			return err
		}
		var table metav1.Table
		if err := json.Unmarshal(text, &table); err != nil {
			return err
		}
		got := map[string]any{}
		for i, column := range table.ColumnDefinitions {
			got[column.Name] = table.Rows[0].Cells[i]
		}
		delete(got, "Age")
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("the columns are %v, want %v", got, want)
		}
		return nil
	})
}
