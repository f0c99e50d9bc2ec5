package sources

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// partly is a Deployment with a replica for nearly every partition.
const partly = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: 22
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec: {containers: [{name: main, image: "example.com/worker:1"}]}
`

// limited is a ScaledObject that calls for many more replicas.
const limited = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: %[1]s, annotations: {scalerkit.dev/mode: %[1]s}}
spec:
  scaleTargetRef: {name: %[1]s}
  pollingInterval: 1
  maxReplicaCount: 30
  triggers:
  - type: kafka
    metadata: {bootstrapServers: %[2]q, consumerGroup: workers, topic: limited, lagThreshold: "10"}
`

// TestEveryPartitionGetsAReplica begins so near to the limit that an HPA with
// the usual tolerance stays where it is: 240 of 220.
func TestEveryPartitionGetsAReplica(t *testing.T) {
	server := server(t, "SCALERKIT_TEST_KAFKA")
	client, err := kgo.NewClient(kgo.SeedBrokers(server), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	makeTopic(t, client, "limited", 24)
	require.NoError(t, produce(t.Context(), client, "limited", 24, 24_000))
	for _, mode := range []string{"hpa", "direct"} {
		t.Run(mode, func(t *testing.T) {
			namespace := r.Namespace(t)
			r.Apply(t, namespace, fmt.Sprintf(partly, mode))
			r.AwaitReplicas(t, namespace, mode, 22)
			r.Apply(t, namespace, fmt.Sprintf(limited, mode, server))
			r.AwaitReplicas(t, namespace, mode, 24)
			objects := r.ScaledObjects(t, namespace)
			r.Await(t, func(ctx context.Context) error {
				object, err := objects.Get(ctx, mode, metav1.GetOptions{})
				if err != nil {
					return err
				}
				activity, _, err := unstructured.NestedMap(object.Object, "status", "triggersActivity", "s0-kafka-limited")
				if err == nil && activity["limit"] != int64(24) {
					err = fmt.Errorf("the trigger's activity is %v, want limit 24", activity)
				}
				return err
			})
		})
	}
}
