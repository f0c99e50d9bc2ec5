package scaledobject

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// ask asks the metrics API as an HPA does.
func (r *replica) ask(metric string) int { return r.answer(metric).Code }

func (r *replica) answer(metric string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	r.Provider.ServeHTTP(answer, httptest.NewRequest(http.MethodGet,
		"/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/"+metric+"?labelSelector=scaledobject.keda.sh%2Fname%3Dorders", nil))
	return answer
}

// TestTheHPAIsToldFirst has an HPA look at the target while that gets its first
// replicas, of which none are ready: by the readings of before it would scale down
// to its minimum.
func TestTheHPAIsToldFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Contains(t, r.answer("s0-fake-orders").Body.String(), `"value":"0"`)

		var seen []string
		s.scaled = func() { seen = append(seen, r.answer("s0-fake-orders").Body.String()) }
		s.level("orders", 100, nil)
		wait(11 * time.Second)
		require.Equal(t, 20, s.replicas())
		require.Len(t, seen, 1)
		require.Contains(t, seen[0], `"value":"100"`)
	})
}

func TestFromZeroAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		written := s.written()
		require.Equal(t, "create v2.HorizontalPodAutoscaler keda-hpa-orders", written[0])
		require.LessOrEqual(t, len(written), 3, "status: that it is valid, and that its triggers can be read")
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read", s.condition(v1alpha1.ConditionReady))
		require.Equal(t, "False ScalerNotActive No trigger is active", s.condition(v1alpha1.ConditionActive))
		require.Equal(t, http.StatusOK, r.ask("s0-fake-orders"))

		r.look(time.Hour)
		require.Empty(t, s.written(), "nothing changes, so nothing is written")

		s.level("orders", 100, nil)
		wait(11 * time.Second)
		require.Equal(t, 20, s.replicas())
		require.Equal(t, []string{"scale unstructured.Unstructured worker", "status v1alpha1.ScaledObject orders"}, s.written())
		status := s.object().Status
		require.Equal(t, []string{
			"Metric s0-fake-orders: 0 -> 20: 100 / 5 per replica = 20",
			"Activated s0-fake-orders: 20 -> 20: active, at least 1",
		}, status.Decision.Steps)
		require.Equal(t, map[string]v1alpha1.TriggerActivityStatus{"s0-fake-orders": {IsActive: true}}, status.TriggersActivity)
		require.Equal(t, "apps/v1.Deployment", status.ScaleTargetKind)
		require.Equal(t, int32(0), *status.OriginalReplicaCount)
		require.Equal(t, "fake", *status.TriggersTypes)

		s.level("orders", 0, nil)
		wait(30 * time.Second)
		require.Equal(t, 20, s.replicas())
		require.Equal(t, "False ScalerCooldown No trigger is active, but not for long enough", s.condition(v1alpha1.ConditionActive))
		wait(50 * time.Second)
		require.Equal(t, 0, s.replicas())
		require.Equal(t, []string{
			"KEDAScalersStarted", "ScaledObjectReady", "KEDAScaleTargetActivated", "KEDAScaleTargetDeactivated",
		}, s.events())
	})
}

func TestDirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Equal(t, []string{"keda-hpa-orders"}, s.hpas())
		s.change(func(so *v1alpha1.ScaledObject) { so.Annotations = map[string]string{v1alpha1.AnnotationMode: "direct"} })
		r.look(15 * time.Second)
		require.Empty(t, s.hpas(), "its own HPA is in the way")
		require.Empty(t, s.object().Status.HpaName)
		require.Equal(t, http.StatusNotFound, r.ask("s0-fake-orders"))

		s.level("orders", 20, nil)
		wait(11 * time.Second)
		require.Equal(t, 4, s.replicas())
		s.level("orders", 40, nil)
		wait(11 * time.Second)
		require.Equal(t, 8, s.replicas())
		require.Contains(t, s.events(), "ScaleTargetScaled")
	})
}

// TestDirectDeletesTheHPAOfAnEarlierName has the mode and the name change at once.
func TestDirectDeletesTheHPAOfAnEarlierName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Equal(t, []string{"keda-hpa-orders"}, s.hpas())
		s.change(func(so *v1alpha1.ScaledObject) {
			so.Annotations = map[string]string{v1alpha1.AnnotationMode: "direct"}
			so.Spec.Advanced = &v1alpha1.AdvancedConfig{HorizontalPodAutoscalerConfig: &v1alpha1.HorizontalPodAutoscalerConfig{Name: "other"}}
		})
		r.look(15 * time.Second)
		require.Empty(t, s.hpas())
		require.Empty(t, s.object().Status.HpaName)
	})
}

func TestStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), parse(t, orders))
		s.level("orders", 100, nil)
		r := s.start(false)
		defer r.kill()
		r.look(time.Minute)
		require.Empty(t, s.written())
		require.Empty(t, s.events())
		require.Equal(t, 0, s.replicas())
		require.Equal(t, http.StatusOK, r.ask("s0-fake-orders"), "every replica answers")

		close(r.elected)
		wait(15 * time.Second)
		require.Equal(t, 20, s.replicas())
		require.Equal(t, []string{"keda-hpa-orders"}, s.hpas())
		require.Equal(t, "True ScalerActive A trigger calls for at least one replica", s.condition(v1alpha1.ConditionActive))
	})
}

func TestLeaseLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), parse(t, orders))
		s.level("orders", 100, nil)
		r := s.start(true)
		defer r.kill()
		var held atomic.Bool
		held.Store(true)
		r.Core.Holds = held.Load
		r.look(time.Minute)
		require.Equal(t, 20, s.replicas())

		// The process does not know yet that it is to end.
		held.Store(false)
		require.NotEmpty(t, s.written())
		told := s.events()
		s.level("orders", 0, nil)
		r.look(time.Hour)
		require.Equal(t, 20, s.replicas())
		require.Empty(t, s.written())
		require.Equal(t, told, s.events())
	})
}

func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), parse(t, orders))
		s.level("orders", 100, nil)
		r := s.start(true)
		r.look(15 * time.Second)
		require.Equal(t, 20, s.replicas())
		s.level("orders", 0, nil)
		wait(20 * time.Second)
		r.kill()
		s.written()

		r = s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Empty(t, s.written(), "a restart is no news")
		require.Equal(t, 20, s.replicas())
		wait(40 * time.Second)
		require.Equal(t, 0, s.replicas(), "the cooldown that had begun goes on")
	})
}

// A process that is killed may not have said that it has activated a workload.
func TestRestartBeforeStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(20), parse(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(30 * time.Second)
		require.Equal(t, 20, s.replicas())
		wait(time.Minute)
		require.Equal(t, 0, s.replicas())
	})
}

func TestSourceDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		s.level("orders", 100, nil)
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Equal(t, 20, s.replicas())
		s.written()

		s.level("orders", 0, errDown)
		wait(10 * time.Minute)
		require.Equal(t, 20, s.replicas())
		require.Equal(t, "False TriggerError trigger s0-fake-orders: connection refused", s.condition(v1alpha1.ConditionReady))
		require.Equal(t, http.StatusServiceUnavailable, r.ask("s0-fake-orders"))
		require.Equal(t, []string{"status v1alpha1.ScaledObject orders"}, s.written(), "said once")

		s.level("orders", 0, nil)
		wait(30 * time.Second)
		require.Equal(t, 20, s.replicas(), "it was not known to be inactive")
		wait(5*time.Minute + 10*time.Second)
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read", s.condition(v1alpha1.ConditionReady))
		require.Equal(t, 0, s.replicas())
		require.Equal(t, []string{
			"KEDAScaleTargetActivated", "KEDAScalersStarted", "ScaledObjectReady (2)",
			"KEDAScalerFailed", "KEDAScaleTargetDeactivated",
		}, s.events())
	})
}

func TestScaledByHPA(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		s.level("orders", 10, nil)
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Equal(t, 2, s.replicas())
		d := deployment(4)
		require.NoError(t, s.client.Update(t.Context(), d))
		wait(11 * time.Second)
		require.Equal(t, 4, s.replicas(), "between the bounds it is the HPA's")
		require.Equal(t, int32(4), s.object().Status.Decision.Replicas)
		require.Contains(t, s.events(), "ScaleTargetScaled")
	})
}

func TestFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		so := fresh(t, orders)
		so.Spec.Fallback = &v1alpha1.Fallback{FailureThreshold: 2, Replicas: 3}
		s := newStage(t, deployment(0), so)
		s.level("orders", 0, errDown)
		r := s.start(true)
		defer r.kill()
		r.look(40 * time.Second)
		require.Equal(t, 3, s.replicas())
		require.Equal(t, "True FallbackExists A trigger fails for long, and the fallback stands in", s.condition(v1alpha1.ConditionFallback))
		require.Equal(t, map[string]v1alpha1.HealthStatus{
			"s0-fake-orders": {NumberOfFailures: ptr(int32(3)), Status: v1alpha1.HealthStatusFailing},
		}, s.object().Status.Health)
		s.level("orders", 5, nil)
		wait(6 * time.Minute)
		require.Equal(t, "False NoFallbackFound No fallback stands in for a trigger", s.condition(v1alpha1.ConditionFallback))
		require.Subset(t, s.events(), []string{"ScaledObjectFallbackActivated", "ScaledObjectFallbackDeactivated"})
	})
}

func TestDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		so := fresh(t, orders)
		so.Spec.Advanced = &v1alpha1.AdvancedConfig{RestoreToOriginalReplicaCount: true}
		s := newStage(t, deployment(4), so)
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		require.Equal(t, 0, s.replicas())
		require.Equal(t, []string{v1alpha1.Finalizer}, s.object().Finalizers)

		require.NoError(t, s.client.Delete(t.Context(), s.object()))
		r.look(time.Second)
		require.Equal(t, 4, s.replicas())
		require.Empty(t, s.hpas(), "it would go on scaling")
		r.look(time.Second)
		require.Contains(t, s.events(), "ScaledObjectDeleted")
		require.Equal(t, http.StatusNotFound, r.ask("s0-fake-orders"))
		require.Equal(t, []string{"orders"}, s.closed)
	})
}

func TestDeletionWithoutTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		so := fresh(t, orders)
		so.Spec.Advanced = &v1alpha1.AdvancedConfig{RestoreToOriginalReplicaCount: true}
		s := newStage(t, deployment(4), so)
		r := s.start(true)
		defer r.kill()
		r.look(time.Second)
		require.NoError(t, s.client.Delete(t.Context(), deployment(4)))
		require.NoError(t, s.client.Delete(t.Context(), s.object()))
		r.look(time.Second)
		var list v1alpha1.ScaledObjectList
		require.NoError(t, s.client.List(t.Context(), &list))
		require.Empty(t, list.Items, "nothing to put back is no reason to stay")
	})
}

func TestHPAOfSomebodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		theirs := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "mine", UID: "u-7"}}
		so := fresh(t, orders)
		so.Spec.Advanced = &v1alpha1.AdvancedConfig{HorizontalPodAutoscalerConfig: &v1alpha1.HorizontalPodAutoscalerConfig{Name: "mine"}}
		s := newStage(t, deployment(4), theirs, so)
		r := s.start(true)
		defer r.kill()
		r.look(time.Second)
		require.Equal(t, `False ScaledObjectCheckFailed HPA mine exists already and is not this ScaledObject's: delete it, or hand it over by the annotation `+
			`scaledobject.keda.sh/transfer-hpa-ownership: "true" and advanced.horizontalPodAutoscalerConfig.name: mine`, s.condition(v1alpha1.ConditionReady))
		require.Equal(t, 4, s.replicas())

		s.change(func(so *v1alpha1.ScaledObject) {
			so.Annotations = map[string]string{v1alpha1.AnnotationTransferHPAOwnership: "true"}
		})
		r.look(15 * time.Second)
		h := &autoscalingv2.HorizontalPodAutoscaler{}
		s.get(types.NamespacedName{Namespace: "shop", Name: "mine"}, h)
		require.Equal(t, types.UID("u-7"), h.UID)
		require.Equal(t, types.UID("u-1"), metav1.GetControllerOf(h).UID)
		require.Equal(t, int32(100), h.Spec.MaxReplicas)
		require.Equal(t, 0, s.replicas())
	})
}

func TestHPAIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(1), fresh(t, orders))
		s.level("orders", 5, nil)
		r := s.start(true)
		defer r.kill()
		r.look(15 * time.Second)
		h := &autoscalingv2.HorizontalPodAutoscaler{}
		key := types.NamespacedName{Namespace: "shop", Name: "keda-hpa-orders"}
		s.get(key, h)
		h.Spec.MaxReplicas, h.Labels["team"] = 7, "blue"
		s.written()
		require.NoError(t, s.client.Update(t.Context(), h))
		r.look(time.Second)
		const update = "update v2.HorizontalPodAutoscaler keda-hpa-orders"
		require.Equal(t, []string{update, update}, s.written(), "there and back")
		s.get(key, h)
		require.Equal(t, int32(100), h.Spec.MaxReplicas)
		require.NotContains(t, h.Labels, "team")

		s.change(func(so *v1alpha1.ScaledObject) {
			so.Spec.Advanced = &v1alpha1.AdvancedConfig{HorizontalPodAutoscalerConfig: &v1alpha1.HorizontalPodAutoscalerConfig{Name: "other"}}
		})
		r.look(3 * time.Second)
		require.Equal(t, []string{"other"}, s.hpas())
		require.Equal(t, "other", s.object().Status.HpaName)
		s.written()
		r.look(3 * time.Second)
		require.Empty(t, s.written())
	})
}
