package scaledobject

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

// TestSecretRotation changes the password at the server, and then in the Secret.
func TestSecretRotation(t *testing.T) {
	namespace := namespace(t)
	server := startRedis(t)
	apply(t, namespace, object{name: "worker", spec: []string{
		"triggers: [" + redisTrigger(server.Address, "orders", "name: orders", "authenticationRef: {name: redis}") + "]",
	}})
	fillAt(t, server.Client, "orders", 20)
	r.AwaitReplicas(t, namespace, "worker", 4)

	const other = "rotated-password"
	require.NoError(t, server.Client.ConfigSet(t.Context(), "requirepass", other).Err())
	require.NoError(t, server.Client.Do(t.Context(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").Err())
	r.AwaitCondition(t, namespace, "worker", "Ready", rig.Condition{Status: "False", Reason: "TriggerError", Message: `trigger orders: read size of "orders": access denied: WRONGPASS invalid username-password pair or user is disabled.`})
	require.Equal(t, int32(4), replicas(t, namespace, "worker"))

	began := time.Now()
	r.Apply(t, namespace, broker.Authentication(other))
	r.AwaitCondition(t, namespace, "worker", "Ready", ready)
	took := time.Since(began)
	t.Logf("the new password was in effect after %.1f s", took.Seconds())
	assert.Less(t, took, 30*time.Second)
	fillAt(t, server.Client, "orders", 40) // by the connection that has changed the password
	r.AwaitReplicas(t, namespace, "worker", 8)
	for _, replica := range r.Fleet {
		select {
		case <-replica.Exited():
			t.Error(replica.Name + " has ended: " + replica.Tail())
		default:
		}
	}
}

// TestMissingSecret has the objects applied in the wrong order.
func TestMissingSecret(t *testing.T) {
	namespace := namespace(t)
	fill(t, namespace, 20)
	apply(t, namespace, object{name: "worker", spec: []string{
		"triggers: [" + redisTrigger(r.Redis.Address, namespace, "authenticationRef: {name: later}") + "]",
	}}, object{name: "neighbour"})
	failed := func(why string) {
		t.Helper()
		r.AwaitCondition(t, namespace, "worker", "Ready", rig.Condition{Status: "False", Reason: "ScaledObjectCheckFailed", Message: why})
		r.AwaitEvent(t, namespace, "worker", "ScaledObjectCheckFailed", why)
	}
	failed("redis trigger: TriggerAuthentication " + namespace + "/later does not exist")
	r.Apply(t, namespace, `
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: later}
spec:
  secretTargetRef: [{parameter: password, name: later, key: password}]
`)
	failed("redis trigger: TriggerAuthentication " + namespace + "/later: secretTargetRef: password: Secret " + namespace + "/later does not exist")
	r.Apply(t, namespace, "{apiVersion: v1, kind: Secret, metadata: {name: later}, stringData: {pass: "+r.Redis.Password+"}}")
	failed("redis trigger: TriggerAuthentication " + namespace + "/later: secretTargetRef: password: Secret " + namespace + `/later has no key "password": it has pass`)
	r.AwaitReplicas(t, namespace, "neighbour", 4)
	require.Zero(t, replicas(t, namespace, "worker"))

	r.Apply(t, namespace, "{apiVersion: v1, kind: Secret, metadata: {name: later}, stringData: {password: "+r.Redis.Password+"}}")
	r.AwaitReplicas(t, namespace, "worker", 4)
	r.AwaitCondition(t, namespace, "worker", "Ready", ready)
}
