package operator_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

var r *rig.Rig

func TestMain(m *testing.M) {
	os.Exit(rig.Run(func(started *rig.Rig) int {
		r = started
		return m.Run()
	}))
}

const worker = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  replicas: 0
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec:
      containers: [{name: main, image: "example.com/worker:1"}]
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: worker}
spec:
  scaleTargetRef: {name: worker}
  pollingInterval: 1
  cooldownPeriod: 1
  maxReplicaCount: 30
  advanced:
    horizontalPodAutoscalerConfig:
      behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
  triggers:
  - type: redis
    metadata: {address: %[1]q, listName: %[2]q, listLength: "5"}
    authenticationRef: {name: redis}
`

// TestScaledObject goes from zero to what the list calls for and back.
func TestScaledObject(t *testing.T) {
	namespace := r.Namespace(t)
	r.Apply(t, namespace, broker.Authentication(r.Redis.Password)+fmt.Sprintf(worker, r.Redis.Address, t.Name()))
	for range 100 {
		require.NoError(t, r.Redis.Client.RPush(t.Context(), t.Name(), "message").Err())
	}
	r.AwaitReplicas(t, namespace, "worker", 20)
	require.NoError(t, r.Redis.Client.LTrim(t.Context(), t.Name(), 0, 24).Err())
	r.AwaitReplicas(t, namespace, "worker", 5)
	require.NoError(t, r.Redis.Client.Del(t.Context(), t.Name()).Err())
	r.AwaitReplicas(t, namespace, "worker", 0)

	metrics, err := r.Metrics(t.Context())
	require.NoError(t, err)
	require.Contains(t, metrics, "keda_scaler_")
}
