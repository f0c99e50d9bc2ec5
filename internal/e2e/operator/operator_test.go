package operator_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/scalerkit/scalerkit/internal/e2e/broker"
	"github.com/scalerkit/scalerkit/internal/e2e/cluster"
	"github.com/scalerkit/scalerkit/internal/e2e/operator"
	"github.com/scalerkit/scalerkit/internal/e2e/process"
)

var (
	plane        *cluster.Cluster
	client       *kubernetes.Clientset
	applier      *cluster.Applier
	installation *operator.Installation
	replica      *operator.Replica
	redis        *broker.Redis
)

func TestMain(m *testing.M) {
	options := cluster.Options{HPASync: time.Second, HPAStabilization: time.Second}
	os.Exit(cluster.Run(options, func(c *cluster.Cluster) int {
		plane = c
		code, err := setUp(context.Background(), m)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return code
	}))
}

func setUp(ctx context.Context, m *testing.M) (code int, err error) {
	if client, err = kubernetes.NewForConfig(plane.Config()); err != nil {
		return 0, err
	}
	if applier, err = plane.NewApplier(); err != nil {
		return 0, err
	}
	dir, err := plane.TempDir("redis")
	if err != nil {
		return 0, err
	}
	if redis, err = broker.StartRedis(ctx, dir); err != nil {
		return 0, err
	}
	defer redis.Close()
	if installation, err = operator.Install(ctx, plane); err != nil {
		return 0, err
	}
	defer installation.Close()
	if replica, err = installation.Start(ctx); err != nil {
		return 0, err
	}
	if err = installation.AwaitAvailable(ctx); err != nil {
		return 0, fmt.Errorf("%w: %s", err, replica.Tail())
	}
	return m.Run(), nil
}

// apply applies a manifest in a namespace.
func apply(t *testing.T, namespace, manifest string) {
	t.Helper()
	objects, err := cluster.Parse([]byte(manifest))
	require.NoError(t, err)
	require.NoError(t, applier.Apply(t.Context(), namespace, objects...))
}

func awaitReady(t *testing.T, namespace, name string, want int32) {
	t.Helper()
	var d *appsv1.Deployment
	err := process.Poll(t.Context(), time.Minute, func(ctx context.Context) (err error) {
		d, err = client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil && (*d.Spec.Replicas != want || d.Status.ReadyReplicas != want || d.Status.Replicas != want) {
			err = fmt.Errorf("%s has %d of %d replicas, %d of them ready, want %d", name, d.Status.Replicas, *d.Spec.Replicas, d.Status.ReadyReplicas, want)
		}
		return err
	})
	if err != nil {
		hpa, hpaErr := client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Get(t.Context(), "keda-hpa-"+name, metav1.GetOptions{})
		t.Fatalf("%v\nthe HPA, %v: %v\nthe operator's log ends with %s", err, hpaErr, hpa, replica.Tail())
	}
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
apiVersion: v1
kind: Secret
metadata: {name: redis}
stringData: {password: %[2]q}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: redis}
spec:
  secretTargetRef: [{parameter: password, name: redis, key: password}]
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
    metadata: {address: %[1]q, listName: %[3]q, listLength: "5"}
    authenticationRef: {name: redis}
`

// TestScaledObject goes from zero to what the list calls for and back.
func TestScaledObject(t *testing.T) {
	const namespace = "scaledobject"
	_, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	require.NoError(t, err)
	apply(t, namespace, fmt.Sprintf(worker, redis.Address, redis.Password, t.Name()))
	for range 100 {
		require.NoError(t, redis.Client.RPush(t.Context(), t.Name(), "message").Err())
	}
	awaitReady(t, namespace, "worker", 20)
	require.NoError(t, redis.Client.LTrim(t.Context(), t.Name(), 0, 24).Err())
	awaitReady(t, namespace, "worker", 5)
	require.NoError(t, redis.Client.Del(t.Context(), t.Name()).Err())
	awaitReady(t, namespace, "worker", 0)

	metrics, err := replica.Metrics(t.Context())
	require.NoError(t, err)
	require.Contains(t, metrics, "keda_scaler_")
}
