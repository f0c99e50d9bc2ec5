package scaledobject

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestRestoreToOriginalReplicaCount(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		fill(t, namespace, 40)
		apply(t, namespace,
			object{name: "worker", replicas: 2, annotations: mode, spec: []string{"advanced: {restoreToOriginalReplicaCount: true, " + atOnce + "}"}},
			object{name: "control", replicas: 2, annotations: mode})
		for _, name := range []string{"worker", "control"} {
			r.AwaitReplicas(t, namespace, name, 8)
			require.Equal(t, int32(2), *status(t, namespace, name).OriginalReplicaCount)
			require.NoError(t, r.ScaledObjects(t, namespace).Delete(t.Context(), name, metav1.DeleteOptions{}))
		}
		r.AwaitReplicas(t, namespace, "worker", 2)
		for _, name := range []string{"worker", "control"} {
			awaitGone(t, namespace, name)
			r.AwaitNoHPA(t, namespace, name)
		}
		require.Equal(t, int32(8), replicas(t, namespace, "control"))
	})
}

// awaitGone returns when there is no such ScaledObject any more.
func awaitGone(t *testing.T, namespace, name string) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		_, err := r.Status(ctx, namespace, name)
		if err == nil {
			return fmt.Errorf("there is still a ScaledObject %s", name)
		}
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
}

// TestTransferHPAOwnership has an HPA of before taken over, which stays the same
// object.
func TestTransferHPAOwnership(t *testing.T) {
	namespace := namespace(t)
	const mine = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: mine}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
`
	r.Apply(t, namespace, mine)
	hpas := r.Client.AutoscalingV2().HorizontalPodAutoscalers(namespace)
	before, err := hpas.Get(t.Context(), "mine", metav1.GetOptions{})
	require.NoError(t, err)

	apply(t, namespace, object{name: "worker", annotations: `scaledobject.keda.sh/transfer-hpa-ownership: "true"`, spec: []string{
		"advanced: {horizontalPodAutoscalerConfig: {name: mine, behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}}",
	}})
	fill(t, namespace, 20)
	r.AwaitReplicas(t, namespace, "worker", 4)
	fill(t, namespace, 5)
	r.AwaitReplicas(t, namespace, "worker", 1)
	after, err := hpas.Get(t.Context(), "mine", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, before.UID, after.UID)
	require.Equal(t, "worker", metav1.GetControllerOf(after).Name)
	require.Equal(t, []autoscalingv2.MetricSpec{external("s0-redis-"+namespace, "worker")}, after.Spec.Metrics)
	require.Equal(t, int32(30), after.Spec.MaxReplicas)
	require.Equal(t, "mine", status(t, namespace, "worker").HpaName)
	r.AwaitNoHPA(t, namespace, "worker")

	require.NoError(t, r.ScaledObjects(t, namespace).Delete(t.Context(), "worker", metav1.DeleteOptions{}))
	r.Await(t, func(ctx context.Context) error {
		_, err := hpas.Get(ctx, "mine", metav1.GetOptions{})
		if err == nil {
			return errors.New("there is still an HPA")
		}
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
}

// TestObjectsThatAreMadeAnewAtOnce deletes and creates more of them than the
// garbage collector follows at once, so that HPAs of before are in the way.
func TestObjectsThatAreMadeAnewAtOnce(t *testing.T) {
	namespace := namespace(t)
	fill(t, namespace, 20)
	objects := make([]object, 10)
	for i := range objects {
		objects[i].name = fmt.Sprint("worker-", i)
	}
	apply(t, namespace, objects...)
	for _, o := range objects {
		r.AwaitReplicas(t, namespace, o.name, 4)
		require.NoError(t, r.ScaledObjects(t, namespace).Delete(t.Context(), o.name, metav1.DeleteOptions{}))
		r.Apply(t, namespace, o.scaledObject(namespace))
	}
	for _, o := range objects {
		made, err := r.ScaledObjects(t, namespace).Get(t.Context(), o.name, metav1.GetOptions{})
		require.NoError(t, err)
		r.Await(t, func(ctx context.Context) error {
			s, err := r.Status(ctx, namespace, o.name)
			if ready := s.Condition("Ready"); err == nil && ready.Status != "True" {
				err = fmt.Errorf("%s is not ready: %s", o.name, ready.Message)
			}
			if err != nil {
				return err
			}
			h, err := r.HPA(ctx, namespace, o.name)
			if err == nil && metav1.GetControllerOf(h).UID != made.GetUID() {
				err = fmt.Errorf("the HPA of %s is the one of before", o.name)
			}
			return err
		})
	}
}

// TestNamespaceDeletion deletes a namespace in which all kinds of objects are at
// work. Nobody holds that up.
func TestNamespaceDeletion(t *testing.T) {
	namespace := namespace(t)
	fill(t, namespace, 20)
	apply(t, namespace,
		object{name: "worker"},
		object{name: "direct", annotations: withoutHPA},
		object{name: "restored", spec: []string{"advanced: {restoreToOriginalReplicaCount: true}"}},
		object{name: "paused", annotations: `autoscaling.keda.sh/paused-replicas: "4"`},
	)
	for _, name := range []string{"worker", "direct", "restored", "paused"} {
		r.AwaitReplicas(t, namespace, name, 4)
	}
	began := time.Now()
	require.NoError(t, r.Client.CoreV1().Namespaces().Delete(t.Context(), namespace, metav1.DeleteOptions{}))
	r.Await(t, func(ctx context.Context) error {
		n, err := r.Client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		if err == nil {
			return fmt.Errorf("the namespace is still there: %v", n.Status)
		}
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	})
	took := time.Since(began)
	t.Logf("the namespace was gone after %.1f s", took.Seconds())
	assert.Less(t, took, time.Minute)
	r.Await(t, func(ctx context.Context) error {
		metrics, err := r.Metrics(ctx)
		for line := range strings.Lines(metrics) {
			// What the webhook has counted has been counted.
			if err == nil && strings.Contains(line, namespace) && !strings.HasPrefix(line, "keda_webhook_") {
				err = fmt.Errorf("the operator still has metrics of the namespace: %s", line)
			}
		}
		return err
	})
}
