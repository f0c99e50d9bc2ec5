package scaledobject

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

// startRedis starts a server of the test's own. Its password is the one that
// all have.
func startRedis(t *testing.T) *broker.Redis {
	t.Helper()
	dir, err := r.Cluster.TempDir("redis")
	require.NoError(t, err)
	server, err := broker.StartRedis(t.Context(), dir)
	require.NoError(t, err)
	t.Cleanup(server.Close)
	return server
}

func TestFallback(t *testing.T) {
	inBothModes(t, func(t *testing.T, namespace, mode string) {
		server := startRedis(t)
		apply(t, namespace, object{name: "worker", annotations: mode, spec: []string{
			"fallback: {failureThreshold: 2, replicas: 6}",
			"triggers: [" + redisTrigger(server.Address, "orders", "name: orders", "authenticationRef: {name: redis}") + "]",
		}})
		fillAt(t, server.Client, "orders", 10)
		r.AwaitReplicas(t, namespace, "worker", 2)

		server.Kill()
		r.AwaitReplicas(t, namespace, "worker", 6)
		r.AwaitCondition(t, namespace, "worker", "Fallback", rig.Condition{Status: "True", Reason: "FallbackExists", Message: "A trigger fails for long, and the fallback stands in"})
		r.AwaitCondition(t, namespace, "worker", "Ready", rig.Condition{Status: "False", Reason: "TriggerError", Message: `trigger orders: read size of "orders": dial tcp ` + server.Address + ": connect: connection refused"})
		r.AwaitEvent(t, namespace, "worker", "ScaledObjectFallbackActivated", "The fallback stands in for triggers that fail")
		require.Equal(t, map[string]rig.Health{"s0-redis-orders": {NumberOfFailures: 3, Status: "Failing"}}, status(t, namespace, "worker").Health)

		require.NoError(t, server.Restart(t.Context()))
		fillAt(t, server.Client, "orders", 15)
		r.AwaitReplicas(t, namespace, "worker", 3)
		r.AwaitCondition(t, namespace, "worker", "Fallback", rig.Condition{Status: "False", Reason: "NoFallbackFound", Message: "No fallback stands in for a trigger"})
		r.AwaitCondition(t, namespace, "worker", "Ready", ready)
		r.AwaitEvent(t, namespace, "worker", "ScaledObjectFallbackDeactivated", "No trigger needs the fallback any more")
		require.Equal(t, map[string]rig.Health{"s0-redis-orders": {Status: "Happy"}}, status(t, namespace, "worker").Health)
	})
}
