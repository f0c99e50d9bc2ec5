package scaledobject

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		s.level("orders", 50, nil)
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Equal(t, 10, s.replicas())

		s.change(func(so *v1alpha1.ScaledObject) { so.Annotations = map[string]string{v1alpha1.AnnotationPaused: "true"} })
		s.level("orders", 0, nil)
		r.look(10 * time.Minute)
		require.Equal(t, 10, s.replicas())
		require.Empty(t, s.hpas())
		require.Equal(t, "True ScaledObjectPaused An annotation pauses scaling", s.condition(v1alpha1.ConditionPaused))
		require.Equal(t, []string{"orders"}, s.closed, "nothing is read meanwhile")
		s.written()
		r.look(time.Minute)
		require.Empty(t, s.written())

		s.change(func(so *v1alpha1.ScaledObject) {
			so.Annotations = map[string]string{v1alpha1.AnnotationPausedReplicas: "3"}
		})
		r.look(2 * time.Second)
		require.Equal(t, 3, s.replicas())
		require.Equal(t, int32(3), *s.object().Status.PausedReplicaCount)

		s.change(func(so *v1alpha1.ScaledObject) { so.Annotations = nil })
		r.look(15 * time.Second)
		require.Equal(t, []string{"keda-hpa-orders"}, s.hpas())
		require.Equal(t, "False ScaledObjectUnpaused Scaling goes on", s.condition(v1alpha1.ConditionPaused))
		require.Nil(t, s.object().Status.PausedReplicaCount)
		require.Equal(t, 3, s.replicas(), "it was active when it was paused, and its cooldown begins now")
		wait(time.Minute)
		require.Equal(t, 0, s.replicas())
		require.Subset(t, s.events(), []string{"ScaledObjectPaused", "ScaledObjectUnpaused"})
	})
}

func TestTypo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		s.level("orders", 50, nil)
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Equal(t, 10, s.replicas())

		s.change(func(so *v1alpha1.ScaledObject) {
			so.Spec.Triggers[0].Metadata = map[string]string{"value": "much", "kueue": "orders"}
		})
		s.level("orders", 0, nil)
		r.look(10 * time.Minute)
		require.Equal(t, 10, s.replicas())
		require.Equal(t, []string{"keda-hpa-orders"}, s.hpas())
		require.Equal(t, `False ScaledObjectCheckFailed fake trigger: value: "much" is not a number; fake trigger: queue: is missing: set it in the metadata`, s.condition(v1alpha1.ConditionReady))
		require.Equal(t, 1, count(s.events(), "ScaledObjectCheckFailed"), "said once")
		require.Equal(t, 1, count(s.events(), "KEDAScalerInfo"), "of the key that is not known")

		s.change(func(so *v1alpha1.ScaledObject) { so.Spec.Triggers[0].Metadata = map[string]string{"queue": "orders"} })
		r.look(15 * time.Second)
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read", s.condition(v1alpha1.ConditionReady))
		require.Equal(t, 10, s.replicas(), "it was not known to be inactive")
		r.look(5 * time.Minute)
		require.Equal(t, 0, s.replicas())
	})
}

// What a standby found out is told as soon as it leads, and once.
func TestTypoSeenBeforeTheElection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := fresh(t, orders)
		broken.Spec.Triggers[0].Metadata = map[string]string{"value": "much"}
		s := newStage(t, deployment(0), broken)
		r := s.start(false)
		defer r.kill()
		r.look(time.Minute)
		require.Empty(t, s.events())

		close(r.elected)
		wait(time.Minute)
		require.Equal(t, 1, count(s.events(), "ScaledObjectCheckFailed"))
	})
}

func count(list []string, of string) (n int) {
	for _, text := range list {
		if text == of {
			n++
		}
	}
	return n
}

func TestMissingSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)

		secret := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "redis", ResourceVersion: "1"}}
		s.spoil(errors.New("Secret shop/redis does not exist"))
		r.secrets.Delete(secret)
		wait(5 * time.Second)
		require.Equal(t, "False ScaledObjectCheckFailed Secret shop/redis does not exist", s.condition(v1alpha1.ConditionReady))
		s.level("orders", 50, nil)
		wait(11 * time.Second)
		require.Equal(t, 10, s.replicas(), "what has been opened goes on")

		s.spoil(nil)
		r.secrets.Add(secret)
		wait(5 * time.Second)
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read", s.condition(v1alpha1.ConditionReady))
		require.Empty(t, s.closed, "nothing of it has changed in the end")

		s.written()
		newer := secret.DeepCopy()
		newer.ResourceVersion = "2"
		r.secrets.Update(secret, newer)
		wait(time.Minute)
		require.Empty(t, s.written())
		require.Empty(t, s.closed)
	})
}

func (s *stage) spoil(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoilt = err
}

func TestMissingTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.Core.Workloads.Changed = r.TargetChanged
		r.look(2 * time.Second)
		require.Equal(t, "False ScaledObjectCheckFailed scaleTargetRef: Deployment shop/worker does not exist", s.condition(v1alpha1.ConditionReady))
		require.Empty(t, s.hpas())

		require.NoError(t, s.client.Create(t.Context(), deployment(2)))
		r.TargetChanged(worker, workload.Appeared)
		wait(11 * time.Second)
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read", s.condition(v1alpha1.ConditionReady))

		s.change(func(so *v1alpha1.ScaledObject) { so.Spec.ScaleTargetRef.Kind = "Robot" })
		r.look(2 * time.Second)
		require.Equal(t, "False ScaledObjectCheckFailed scaleTargetRef: there is no kind Robot in apps/v1 in this cluster", s.condition(v1alpha1.ConditionReady))
	})
}

func TestTwoOfOneTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		older, younger := parse(t, orders), fresh(t, orders)
		older.Name, older.UID = "older", "u-0"
		s := newStage(t, deployment(2), younger, older)
		r := s.start(true)
		defer r.kill()
		r.look(2 * time.Second)
		require.Equal(t, "False ScaledObjectCheckFailed scaleTargetRef: Deployment shop/worker is scaled by ScaledObject older already", s.condition(v1alpha1.ConditionReady))
		require.Equal(t, []string{"keda-hpa-older"}, s.hpas())

		require.NoError(t, s.client.Delete(t.Context(), older))
		r.objects.Requests.Add(types.NamespacedName{Namespace: "shop", Name: "older"})
		wait(11 * time.Second)
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read", s.condition(v1alpha1.ConditionReady))
		require.Contains(t, s.hpas(), "keda-hpa-orders")
	})
}

func TestOnlyResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		so := fresh(t, `
metadata: {namespace: shop, name: orders, uid: u-1, generation: 1}
spec:
  scaleTargetRef: {name: worker}
  minReplicaCount: 2
  triggers: [{type: cpu, metricType: Utilization, metadata: {value: "60"}}]`)
		s := newStage(t, deployment(0), so)
		r := s.start(true)
		defer r.kill()
		r.look(2 * time.Second)
		require.Equal(t, 2, s.replicas(), "an HPA leaves it at zero")
		require.Equal(t, []string{"keda-hpa-orders"}, s.hpas())
		require.Equal(t, "True ScaledObjectReady The object is valid", s.condition(v1alpha1.ConditionReady))
		require.Equal(t, []string{"cpu"}, s.object().Status.ResourceMetricNames)

		s.change(func(so *v1alpha1.ScaledObject) { so.Annotations = map[string]string{v1alpha1.AnnotationMode: "direct"} })
		r.look(2 * time.Second)
		require.Equal(t, "False ScaledObjectCheckFailed triggers: cpu and memory are read by an HPA, and there is none in direct mode", s.condition(v1alpha1.ConditionReady))

		s.change(func(so *v1alpha1.ScaledObject) {
			so.Spec.Triggers = append(so.Spec.Triggers, v1alpha1.ScaleTriggers{Type: "fake", Metadata: map[string]string{"queue": "orders"}})
		})
		r.look(15 * time.Second)
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read; "+
			"cpu and memory are not acted on, for they are read by an HPA, and there is none in direct mode", s.condition(v1alpha1.ConditionReady))
	})
}

func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		so := fresh(t, orders)
		so.Spec.MinReplicaCount, so.Spec.IdleReplicaCount = ptr(int32(5)), ptr(int32(1))
		s := newStage(t, deployment(3), so)
		r := s.start(true)
		defer r.kill()
		least := func() int32 {
			h := &autoscalingv2.HorizontalPodAutoscaler{}
			s.get(types.NamespacedName{Namespace: "shop", Name: "keda-hpa-orders"}, h)
			return *h.Spec.MinReplicas
		}
		r.look(15 * time.Second)
		require.Equal(t, 1, s.replicas())
		require.Equal(t, int32(1), least(), "the HPA would lift it to 5 at once")
		s.level("orders", 5, nil)
		wait(15 * time.Second)
		require.Equal(t, 5, s.replicas())
		require.Equal(t, int32(5), least())
	})
}

func TestState(t *testing.T) {
	created := metav1.NewTime(noon.Add(-time.Hour))
	active := metav1.NewTime(noon.Add(-time.Minute))
	tests := []struct {
		name   string
		status v1alpha1.ScaledObjectStatus
		want   autoscale.State
	}{
		{"new", v1alpha1.ScaledObjectStatus{}, autoscale.State{Since: created.UTC()}},
		{"KEDA's", v1alpha1.ScaledObjectStatus{LastActiveTime: &active}, autoscale.State{Since: created.UTC(), LastActive: active.UTC()}},
		{
			"our own",
			v1alpha1.ScaledObjectStatus{
				LastActiveTime: &active,
				PolicyState:    &runtime.RawExtension{Raw: []byte(`{"since":"2026-05-01T10:00:00Z","failures":{"a":3}}`)},
			},
			autoscale.State{Since: noon.Add(-2 * time.Hour), Failures: map[string]int{"a": 3}},
		},
		{
			"nonsense",
			v1alpha1.ScaledObjectStatus{LastActiveTime: &active, PolicyState: &runtime.RawExtension{Raw: []byte(`{"since":3}`)}},
			autoscale.State{Since: created.UTC(), LastActive: active.UTC()},
		},
	}
	for _, test := range tests {
		so := &v1alpha1.ScaledObject{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: created}, Status: test.status}
		require.Equal(t, test.want, policyState(so), test.name)
	}
}

func TestTargets(t *testing.T) {
	var list targets
	a, b := types.NamespacedName{Name: "a"}, types.NamespacedName{Name: "b"}
	other := workload.Ref{Kind: worker.Kind, NamespacedName: types.NamespacedName{Name: "other"}}
	require.Empty(t, list.set(b, noon, &worker))
	require.Empty(t, list.set(b, noon, &worker), "no news")
	require.Equal(t, []types.NamespacedName{b}, list.set(a, noon.Add(-time.Second), &worker))
	require.Equal(t, []types.NamespacedName{a, b}, list.of(worker), "the oldest first")
	require.Equal(t, []types.NamespacedName{b}, list.set(a, noon, &other))
	require.Equal(t, []types.NamespacedName{a}, list.of(other))
	require.Empty(t, list.set(a, noon, nil))
	require.Empty(t, list.set(a, noon, nil))
	require.Empty(t, list.set(b, noon, nil))
	require.Empty(t, list.users)
	require.Empty(t, list.refs)
}
