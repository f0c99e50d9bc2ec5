package scaledobject

import (
	"testing"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

// What a pause keeps from happening would have happened by the time that it has
// to another object of the same list, the control.

func TestPaused(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		apply(t, namespace, object{name: "worker", annotations: mode}, object{name: "control", annotations: mode})
		fill(t, namespace, 20)
		r.AwaitReplicas(t, namespace, "worker", 4)

		r.Annotate(t, namespace, "worker", "autoscaling.keda.sh/paused", "true")
		r.AwaitCondition(t, namespace, "worker", "Paused", rig.Condition{Status: "True", Reason: "ScaledObjectPaused", Message: "An annotation pauses scaling"})
		r.AwaitEvent(t, namespace, "worker", "ScaledObjectPaused", "An annotation pauses scaling")
		r.AwaitNoHPA(t, namespace, "worker")
		for messages, control := range map[int]int32{40: 8, 0: 0} {
			fill(t, namespace, messages)
			r.AwaitReplicas(t, namespace, "control", control)
			require.Equal(t, int32(4), replicas(t, namespace, "worker"))
		}

		fill(t, namespace, 40)
		r.Annotate(t, namespace, "worker", "autoscaling.keda.sh/paused", nil)
		r.AwaitCondition(t, namespace, "worker", "Paused", rig.Condition{Status: "False", Reason: "ScaledObjectUnpaused", Message: "Scaling goes on"})
		r.AwaitReplicas(t, namespace, "worker", 8)
	})
}

func TestPausedReplicas(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		apply(t, namespace, object{name: "worker", annotations: mode}, object{name: "control", annotations: mode})
		fill(t, namespace, 20)
		r.AwaitReplicas(t, namespace, "worker", 4)

		const annotation = "autoscaling.keda.sh/paused-replicas"
		r.Annotate(t, namespace, "worker", annotation, "3")
		r.AwaitReplicas(t, namespace, "worker", 3)
		r.AwaitEvent(t, namespace, "worker", "ScaleTargetScaled", "Scaled Deployment worker from 4 to 3 replicas, where it is paused")
		r.AwaitCondition(t, namespace, "worker", "Paused", rig.Condition{Status: "True", Reason: "ScaledObjectPaused", Message: "An annotation pauses scaling"})
		r.AwaitNoHPA(t, namespace, "worker")
		require.Equal(t, int32(3), *status(t, namespace, "worker").PausedReplicaCount)
		fill(t, namespace, 40)
		r.AwaitReplicas(t, namespace, "control", 8)
		require.Equal(t, int32(3), replicas(t, namespace, "worker"))

		r.Annotate(t, namespace, "worker", annotation, "0")
		r.AwaitReplicas(t, namespace, "worker", 0)
		r.Annotate(t, namespace, "worker", annotation, nil)
		r.AwaitReplicas(t, namespace, "worker", 8)
		r.AwaitCondition(t, namespace, "worker", "Paused", rig.Condition{Status: "False", Reason: "ScaledObjectUnpaused", Message: "Scaling goes on"})
		require.Nil(t, status(t, namespace, "worker").PausedReplicaCount)
	})
}

func TestPausedScaleIn(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		const annotation = "autoscaling.keda.sh/paused-scale-in"
		apply(t, namespace, object{name: "worker", annotations: mode + ", " + annotation + `: "true"`}, object{name: "control", annotations: mode})
		fill(t, namespace, 20)
		r.AwaitReplicas(t, namespace, "worker", 4)
		for messages, want := range map[int]int32{10: 2, 0: 0} {
			fill(t, namespace, messages)
			r.AwaitReplicas(t, namespace, "control", want)
			require.Equal(t, int32(4), replicas(t, namespace, "worker"))
		}
		fill(t, namespace, 40)
		r.AwaitReplicas(t, namespace, "worker", 8) // out it goes
		if mode == withHPA {
			h, err := r.HPA(t.Context(), namespace, "worker")
			require.NoError(t, err)
			require.Equal(t, autoscalingv2.DisabledPolicySelect, *h.Spec.Behavior.ScaleDown.SelectPolicy)
		}

		fill(t, namespace, 0)
		r.Annotate(t, namespace, "worker", annotation, nil)
		r.AwaitReplicas(t, namespace, "worker", 0)
	})
}

func TestPausedScaleOut(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		const annotation = "autoscaling.keda.sh/paused-scale-out"
		fill(t, namespace, 40)
		apply(t, namespace, object{name: "worker", replicas: 3, annotations: mode + ", " + annotation + `: "true"`}, object{name: "control", annotations: mode})
		r.AwaitReplicas(t, namespace, "control", 8)
		r.AwaitCondition(t, namespace, "worker", "Active", active)
		require.Equal(t, int32(3), replicas(t, namespace, "worker"))
		if mode == withHPA {
			h, err := r.HPA(t.Context(), namespace, "worker")
			require.NoError(t, err)
			require.Equal(t, autoscalingv2.DisabledPolicySelect, *h.Spec.Behavior.ScaleUp.SelectPolicy)
		}
		fill(t, namespace, 0)
		r.AwaitReplicas(t, namespace, "worker", 0) // in it goes
		r.AwaitReplicas(t, namespace, "control", 0)
		fill(t, namespace, 20)
		r.AwaitReplicas(t, namespace, "control", 4)
		r.AwaitCondition(t, namespace, "worker", "Active", active)
		require.Zero(t, replicas(t, namespace, "worker"))

		r.Annotate(t, namespace, "worker", annotation, nil)
		r.AwaitReplicas(t, namespace, "worker", 4)
	})
}
