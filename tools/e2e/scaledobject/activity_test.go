package scaledobject

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestIdleReplicaCount(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		apply(t, namespace,
			object{name: "worker", replicas: 3, annotations: mode, spec: []string{"idleReplicaCount: 1", "minReplicaCount: 3"}},
			object{name: "sleeper", replicas: 3, annotations: mode, spec: []string{"idleReplicaCount: 0", "minReplicaCount: 3"}})
		for _, step := range []struct {
			messages        int
			worker, sleeper int32
		}{{0, 1, 0}, {5, 3, 3}, {40, 8, 8}, {0, 1, 0}} {
			fill(t, namespace, step.messages)
			r.AwaitReplicas(t, namespace, "worker", step.worker)
			r.AwaitReplicas(t, namespace, "sleeper", step.sleeper)
		}
		r.AwaitCondition(t, namespace, "worker", "Active", notActive)
	})
}

func TestForceActivation(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		apply(t, namespace, object{name: "worker", annotations: mode})
		r.AwaitCondition(t, namespace, "worker", "Active", notActive)
		r.Annotate(t, namespace, "worker", "autoscaling.keda.sh/force-activation", "true")
		r.AwaitReplicas(t, namespace, "worker", 1)
		r.AwaitCondition(t, namespace, "worker", "Active", active)
		fill(t, namespace, 20)
		r.AwaitReplicas(t, namespace, "worker", 4)
		fill(t, namespace, 0)
		r.AwaitReplicas(t, namespace, "worker", 1)
		r.Annotate(t, namespace, "worker", "autoscaling.keda.sh/force-activation", nil)
		r.AwaitReplicas(t, namespace, "worker", 0)
	})
}

// TestCooldown goes by the times that the object tells, which are in whole
// seconds.
func TestCooldown(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		apply(t, namespace, object{name: "worker", annotations: mode, spec: []string{"cooldownPeriod: 4"}})
		fill(t, namespace, 20)
		r.AwaitReplicas(t, namespace, "worker", 4)
		r.AwaitCondition(t, namespace, "worker", "Active", active)
		fill(t, namespace, 0)
		r.AwaitCondition(t, namespace, "worker", "Active", coolingDown)
		require.NotZero(t, replicas(t, namespace, "worker"))
		r.AwaitReplicas(t, namespace, "worker", 0)
		r.AwaitCondition(t, namespace, "worker", "Active", notActive)
		s := status(t, namespace, "worker")
		require.Zero(t, s.Decision.Replicas)
		require.GreaterOrEqual(t, s.Decision.Time.Sub(s.LastActiveTime.Time), 4*time.Second)
		require.Contains(t, s.Decision.Steps[len(s.Decision.Steps)-1], "Deactivated: 0 -> 0: inactive for 4")
	})
}

// TestInitialCooldown goes by the times that the object tells, too.
func TestInitialCooldown(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		apply(t, namespace, object{name: "worker", replicas: 3, annotations: mode, spec: []string{"initialCooldownPeriod: 5"}})
		r.AwaitCondition(t, namespace, "worker", "Active", coolingDown)
		require.NotZero(t, replicas(t, namespace, "worker"))
		r.AwaitReplicas(t, namespace, "worker", 0)
		r.AwaitCondition(t, namespace, "worker", "Active", notActive)
		object, err := r.ScaledObjects(t, namespace).Get(t.Context(), "worker", metav1.GetOptions{})
		require.NoError(t, err)
		d := status(t, namespace, "worker").Decision
		require.Zero(t, d.Replicas)
		require.GreaterOrEqual(t, d.Time.Sub(object.GetCreationTimestamp().Time), 5*time.Second)
	})
}
