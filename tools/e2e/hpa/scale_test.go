package hpa_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/hpa"
)

// byHand is an HPA as a user writes it. It asks for two of three queues.
const byHand = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: worker}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
  minReplicas: 1
  maxReplicas: 10
  metrics:
  - type: External
    external:
      metric:
        name: queue
        selector:
          matchExpressions: [{key: queue, operator: In, values: [orders, returns]}]
      target: {type: AverageValue, averageValue: "5"}
  behavior:
    scaleUp: {policies: [{type: Pods, value: 100, periodSeconds: 15}]}
    scaleDown: {policies: [{type: Pods, value: 100, periodSeconds: 15}]}
`

func TestHandwrittenHPA(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	newDeployment(t, namespace, 1)
	publish(t, namespace, queue(20, "orders"), queue(15, "returns"), queue(1000, "other"))
	var object autoscalingv2.HorizontalPodAutoscaler
	require.NoError(t, yaml.UnmarshalStrict([]byte(byHand), &object))
	_, err := client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Create(t.Context(), &object, metav1.CreateOptions{})
	require.NoError(t, err)
	awaitReady(t, namespace, 7) // 35 / 5

	publish(t, namespace, queue(5, "orders"), queue(4.5, "returns"))
	awaitReady(t, namespace, 2)

	// One queue that is down could hold any number of messages.
	publish(t, namespace, queue(1, "orders"), hpa.Value{Metric: "queue", Labels: map[string]string{"queue": "returns"}, Err: errors.New("the broker is down")})
	awaitCondition(t, namespace, corev1.ConditionFalse, "FailedGetExternalMetric",
		`the HPA was unable to compute the replica count: unable to get external metric testhandwrittenhpa/queue/&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:queue,Operator:In,Values:[orders returns],},},}: `+
			`unable to fetch metrics from external metrics API: metric "queue" of testhandwrittenhpa/TestHandwrittenHPA is unknown: the broker is down`)
	awaitReady(t, namespace, 2)

	publish(t, namespace, queue(1, "orders"), queue(0, "returns"))
	awaitReady(t, namespace, 1)
}

// awaitCondition waits for what the HPA named worker says of its metrics.
func awaitCondition(t *testing.T, namespace string, status corev1.ConditionStatus, reason, message string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		object, err := client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Get(ctx, "worker", metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, c := range object.Status.Conditions {
			if c.Type == autoscalingv2.ScalingActive && c.Status == status && c.Reason == reason && c.Message == message {
				return nil
			}
		}
		return fmt.Errorf("the HPA's conditions are %+v", object.Status.Conditions)
	})
}

// TestObject runs a loop that scales from zero and back, beside the HPA that
// does the rest by the same readings.
func TestObject(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	newDeployment(t, namespace, 0)
	all := []autoscale.Limit{{Kind: autoscale.Pods, Value: 100, Period: 15 * time.Second}}
	policy := autoscale.Default()
	policy.Max, policy.Cooldown, policy.Delegate = 20, time.Second, true
	policy.Up.Limits, policy.Down.Limits = all, all
	policy.Down.Window = new(time.Duration)

	source := &source{}
	metrics := hpa.Metrics{
		List:   []hpa.Metric{{Trigger: "orders", Name: hpa.MetricName(0, source.Metric().Name), Target: source.Metric().Target}},
		Labels: map[string]string{"scaledobject.keda.sh/name": "worker"},
	}
	object := hpa.Object(metav1.ObjectMeta{Name: "worker"},
		autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "worker"}, policy, metrics.Specs()...)
	_, err := client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Create(t.Context(), object, metav1.CreateOptions{})
	require.NoError(t, err)

	owner := hpa.Owner{Namespace: namespace, Name: "worker"}
	loop := control.Loop{
		Policy:   policy,
		Triggers: []control.Trigger{{Name: "orders", Scaler: source}},
		Workload: workload{namespace},
		Interval: time.Second,
		Observe:  func(round control.Round) { provider.Publish(owner, metrics.Values(round)) },
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- loop.Run(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-done)
		provider.Withdraw(owner)
	}()

	source.set(30)
	awaitReady(t, namespace, 6) // from zero, by the loop
	source.set(60)
	awaitReady(t, namespace, 12) // by the HPA
	source.set(10)
	awaitReady(t, namespace, 2)
	source.set(0)
	awaitReady(t, namespace, 0)
}

// A source is one whose level the test sets.
type source struct{ level atomic.Int64 }

func (s *source) set(level int64) { s.level.Store(level) }

func (s *source) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "test-orders", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}
}

func (s *source) Read(context.Context) (scalerkit.Reading, error) {
	level := s.level.Load()
	return scalerkit.Reading{Value: float64(level), Time: time.Now()}, nil
}

func (s *source) Close() error { return nil }

// A workload is the Deployment named worker of a namespace.
type workload struct{ namespace string }

func (w workload) Replicas(ctx context.Context) (int, error) {
	scale, err := client.AppsV1().Deployments(w.namespace).GetScale(ctx, "worker", metav1.GetOptions{})
	if err != nil {
		return 0, err
	}
	return int(scale.Spec.Replicas), nil
}

func (w workload) SetReplicas(ctx context.Context, n int) error {
	scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "worker"}, Spec: autoscalingv1.ScaleSpec{Replicas: int32(n)}}
	_, err := client.AppsV1().Deployments(w.namespace).UpdateScale(ctx, "worker", scale, metav1.UpdateOptions{})
	return err
}
