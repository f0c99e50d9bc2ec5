package scaledobject

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// tolerance returns the tolerance of the HPA for scaling up, "" if it has none.
func (s *stage) tolerance() string {
	s.t.Helper()
	h := &autoscalingv2.HorizontalPodAutoscaler{}
	s.get(types.NamespacedName{Namespace: "shop", Name: "keda-hpa-orders"}, h)
	if q := h.Spec.Behavior.ScaleUp.Tolerance; q != nil {
		return q.String()
	}
	return ""
}

func TestHPAOfASourceWithALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(1), fresh(t, orders))
		r := s.start(true)
		defer func() { r.kill() }()
		r.look(15 * time.Second)
		require.Empty(t, s.tolerance())

		s.say("orders", scalerkit.Reading{Limit: 24})
		s.level("orders", 1000, nil)
		wait(11 * time.Second)
		require.Equal(t, "0", s.tolerance())
		require.Equal(t, map[string]v1alpha1.TriggerActivityStatus{"s0-fake-orders": {IsActive: true, Limit: 24}}, s.object().Status.TriggersActivity)
		s.written()

		// Neither a source that is down, nor one with nothing to do, nor a
		// restart meanwhile takes the limit away.
		s.say("orders", scalerkit.Reading{})
		s.level("orders", 0, errDown)
		wait(time.Minute)
		require.Equal(t, map[string]v1alpha1.TriggerActivityStatus{"s0-fake-orders": {Limit: 24}}, s.object().Status.TriggersActivity)
		r.kill()
		r = s.start(true)
		r.look(time.Minute)
		s.level("orders", 0, nil)
		wait(time.Hour)
		require.Equal(t, "0", s.tolerance())
		require.NotContains(t, s.written(), "update v2.HorizontalPodAutoscaler keda-hpa-orders")

		s.level("orders", 10, nil)
		wait(11 * time.Second)
		require.Empty(t, s.tolerance(), "it states none any more")
	})
}

func TestAFormulaHasNoLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		so := fresh(t, orders)
		so.Spec.Triggers[0].Name = "orders"
		so.Spec.Advanced = &v1alpha1.AdvancedConfig{ScalingModifiers: v1alpha1.ScalingModifiers{Formula: "orders + 1", Target: "5"}}
		s := newStage(t, deployment(1), so)
		s.say("orders", scalerkit.Reading{Limit: 24})
		s.level("orders", 1000, nil)
		r := s.start(true)
		defer r.kill()
		r.look(time.Minute)
		require.Equal(t, int32(24), s.object().Status.TriggersActivity["s0-fake-orders"].Limit)
		require.Empty(t, s.tolerance())
	})
}

func TestTheToleranceOfTheObjectWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		so := fresh(t, orders)
		own := resource.MustParse("50m")
		so.Spec.Advanced = &v1alpha1.AdvancedConfig{HorizontalPodAutoscalerConfig: &v1alpha1.HorizontalPodAutoscalerConfig{
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{Tolerance: &own}},
		}}
		s := newStage(t, deployment(1), so)
		s.say("orders", scalerkit.Reading{Limit: 24})
		s.level("orders", 1000, nil)
		r := s.start(true)
		defer r.kill()
		r.look(time.Minute)
		require.Equal(t, "50m", s.tolerance())
	})
}

func TestAClusterWithoutTolerance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(1), fresh(t, orders))
		s.older = true
		s.say("orders", scalerkit.Reading{Limit: 24})
		s.level("orders", 1000, nil)
		r := s.start(true)
		defer func() { r.kill() }()
		r.look(15 * time.Second)
		const said = "the cluster leaves out the tolerance of an HPA (feature HPAConfigurableTolerance, on since Kubernetes 1.35), " +
			"so the HPA goes by the cluster's own, and may stop a few replicas short of the limit that a source states"
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read; "+said, s.condition(v1alpha1.ConditionReady))
		s.written()

		for range 5 {
			r.look(10 * time.Minute)
		}
		require.Empty(t, s.written(), "it is not tried for ever")
		r.kill()
		r = s.start(true)
		r.look(15 * time.Second)
		s.change(func(so *v1alpha1.ScaledObject) { so.Spec.MaxReplicaCount = ptr(int32(50)) })
		r.look(15 * time.Second)
		require.Contains(t, s.written(), "update v2.HorizontalPodAutoscaler keda-hpa-orders")
		require.Equal(t, []string{"Warning " + said}, s.told(controller.EventScalerInfo))
	})
}

func TestNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(1), fresh(t, orders))
		s.say("orders", scalerkit.Reading{Note: "container orders does not exist: 10 events count"})
		r := s.start(true)
		defer func() { r.kill() }()
		r.look(15 * time.Second)
		require.Equal(t, map[string]v1alpha1.TriggerActivityStatus{
			"s0-fake-orders": {Note: "container orders does not exist: 10 events count"},
		}, s.object().Status.TriggersActivity)
		for i := range 30 {
			s.say("orders", scalerkit.Reading{Note: fmt.Sprintf("container orders does not exist: %d events count", i)})
			wait(10 * time.Second)
		}
		r.kill()
		r = s.start(true)
		r.look(time.Minute)
		require.Equal(t, []string{"Normal Trigger s0-fake-orders: container orders does not exist: 10 events count"}, s.told(controller.EventScalerInfo))

		s.say("orders", scalerkit.Reading{Note: "no checkpoint"})
		wait(11 * time.Second)
		require.Equal(t, "no checkpoint", s.object().Status.TriggersActivity["s0-fake-orders"].Note)
		require.Equal(t, []string{
			"Normal Trigger s0-fake-orders: container orders does not exist: 10 events count",
			"Normal Trigger s0-fake-orders: no checkpoint",
		}, s.told(controller.EventScalerInfo))
	})
}
