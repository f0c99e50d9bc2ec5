package scaledobject

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// leftOver returns the HPA of a ScaledObject of the same name that is no more.
func leftOver(t *testing.T) *autoscalingv2.HorizontalPodAutoscaler {
	before := parse(t, strings.Replace(orders, "u-1", "u-0", 1))
	policy, err := keda.Policy(before, false)
	require.NoError(t, err)
	h, err := keda.HPA(before, policy)
	require.NoError(t, err)
	h.UID = "u-7"
	return h
}

// An HPA that waits to be collected as garbage is in nobody's way.
func TestHPAOfARecreatedObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(4), leftOver(t), fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(11 * time.Second)
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read", s.condition(v1alpha1.ConditionReady))
		h := &autoscalingv2.HorizontalPodAutoscaler{}
		key := types.NamespacedName{Namespace: "shop", Name: "keda-hpa-orders"}
		s.get(key, h)
		require.Equal(t, types.UID("u-7"), h.UID)
		require.Equal(t, types.UID("u-1"), metav1.GetControllerOf(h).UID)

		// Should the collector not have noticed, it is created again.
		require.NoError(t, s.client.Delete(t.Context(), h))
		wait(time.Second)
		s.get(key, h)
		require.Equal(t, types.UID("u-1"), metav1.GetControllerOf(h).UID)
	})
}

func TestHPAThatIsCollectedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(4), fresh(t, orders))
		r := s.start(false)
		defer r.kill()
		for _, i := range s.informers {
			i.Add(newWatchedHPA(leftOver(t))) // which nobody has seen go
		}
		close(r.elected)
		r.look(11 * time.Second)
		require.Equal(t, "True ScaledObjectReady The object is valid and its triggers can be read", s.condition(v1alpha1.ConditionReady))
		require.Equal(t, []string{"keda-hpa-orders"}, s.hpas())
	})
}

func TestHPAOfAnotherObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		theirs := leftOver(t)
		theirs.OwnerReferences[0].Name = "returns"
		s := newStage(t, deployment(4), theirs, fresh(t, orders))
		r := s.start(true)
		defer r.kill()
		r.look(11 * time.Second)
		require.Equal(t, "False ScaledObjectCheckFailed HPA keda-hpa-orders belongs to ScaledObject returns", s.condition(v1alpha1.ConditionReady))
	})
}
