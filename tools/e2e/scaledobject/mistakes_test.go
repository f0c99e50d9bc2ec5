package scaledobject

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

// TestMistakes makes the mistakes that new users make. They are told what is
// wrong by a refusal if it cannot work, and else by the condition Ready and an
// event. Others go on scaling.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		object  object
		absent  bool   // the Deployment
		refused string // what the API server says; empty if it takes the object
		reason  string // of the condition Ready; ScaledObjectCheckFailed if empty
		told    string // the message of that, with the namespace for NAMESPACE
		hint    string // that an event tells besides; empty for none
	}{
		"typo": {
			object:  object{spec: []string{"triggers: [{type: redis, metadata: {address: 'localhost:1', listNmae: orders}}]"}},
			refused: "triggers[0]: redis trigger: listName: is missing: set it in the metadata",
		},
		"typo-beside-a-secret": {
			object: object{spec: []string{"triggers: [{type: redis, metadata: {address: 'localhost:1', listNmae: orders}, authenticationRef: {name: redis}}]"}},
			told:   "redis trigger: listName: is missing: set it in the metadata",
			hint:   `redis trigger: listNmae: is not a parameter of this trigger type; did you mean "listName"?`,
		},
		"value": {
			object:  object{spec: []string{"triggers: [{type: redis, metadata: {address: 'localhost:1', listName: orders, listLength: five}}]"}},
			refused: `triggers[0]: redis trigger: listLength: "five" is not a whole number`,
		},
		"missing-authentication": {
			object: object{spec: []string{"triggers: [{type: redis, metadata: {address: 'localhost:1', listName: orders}, authenticationRef: {name: reddis}}]"}},
			told:   "redis trigger: TriggerAuthentication NAMESPACE/reddis does not exist",
		},
		"missing-variable": {
			object: object{spec: []string{"triggers: [{type: redis, metadata: {address: '" + r.Redis.Address + "', listName: orders, passwordFromEnv: PASSWROD}}]"}},
			reason: "TriggerError",
			told:   `trigger s0-redis-orders: read size of "orders": access denied: NOAUTH Authentication required.`,
			hint:   `redis trigger: passwordFromEnv: environment variable "PASSWROD" is not set`,
		},
		"missing-target": {
			object: object{},
			absent: true,
			told:   "scaleTargetRef: Deployment NAMESPACE/worker does not exist",
		},
		"missing-kind": {
			object: object{spec: []string{"scaleTargetRef: {name: worker, kind: Deploymnet}"}},
			told:   "scaleTargetRef: there is no kind Deploymnet in apps/v1 in this cluster",
		},
		"kind-that-does-not-scale": {
			object: object{spec: []string{"scaleTargetRef: {name: redis, apiVersion: v1, kind: Secret}"}},
			told:   "scaleTargetRef: kind Secret in v1 has no /scale subresource, and only what has one can be scaled",
		},
		"bounds": {
			object:  object{spec: []string{"minReplicaCount: 5", "maxReplicaCount: 3"}},
			refused: "minReplicaCount must not be greater than maxReplicaCount",
		},
		"trigger-type": {
			object:  object{spec: []string{"triggers: [{type: redsi, metadata: {address: 'localhost:1', listName: orders}}]"}},
			refused: `triggers[0]: trigger: type: "redsi" is not a known type; did you mean "redis"?`,
		},
		"two-of-one": {
			object:  object{spec: []string{"scaleTargetRef: {name: neighbour}"}},
			refused: "scaleTargetRef: Deployment neighbour is scaled by ScaledObject neighbour already: add the triggers there",
		},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := namespace(t)
			awaitWebhook(t, namespace)
			apply(t, namespace, object{name: "neighbour"})
			r.AwaitCondition(t, namespace, "neighbour", "Active", notActive)

			c.object.name = "worker"
			if !c.absent {
				r.Apply(t, namespace, c.object.deployment())
			}
			err := r.TryApply(t, namespace, c.object.scaledObject(namespace))
			if c.refused != "" {
				require.ErrorContains(t, err, c.refused)
			} else {
				require.NoError(t, err)
				told, reason := strings.ReplaceAll(c.told, "NAMESPACE", namespace), cmp.Or(c.reason, "ScaledObjectCheckFailed")
				r.AwaitCondition(t, namespace, "worker", "Ready", rig.Condition{Status: "False", Reason: reason, Message: told})
				if c.reason == "" {
					r.AwaitEvent(t, namespace, "worker", reason, told)
				}
				if c.hint != "" {
					r.AwaitEvent(t, namespace, "worker", "KEDAScalerInfo", c.hint)
				}
			}
			fill(t, namespace, 20)
			r.AwaitReplicas(t, namespace, "neighbour", 4)
			if !c.absent {
				require.Zero(t, replicas(t, namespace, "worker"))
			}
		})
	}
}

// TestMissingTarget has a workload come after its ScaledObject.
func TestMissingTarget(t *testing.T) {
	namespace := namespace(t)
	worker := object{name: "worker"}
	r.Apply(t, namespace, worker.scaledObject(namespace))
	fill(t, namespace, 20)
	told := "scaleTargetRef: Deployment " + namespace + "/worker does not exist"
	r.AwaitCondition(t, namespace, "worker", "Ready", rig.Condition{Status: "False", Reason: "ScaledObjectCheckFailed", Message: told})
	r.Apply(t, namespace, worker.deployment())
	r.AwaitReplicas(t, namespace, "worker", 4)
	r.AwaitCondition(t, namespace, "worker", "Ready", ready)
}

// TestMistakesThatNobodyRefused has objects come while there is no operator, so
// that nothing is checked. It ends the operator, and so runs beside no other
// test.
func TestMistakesThatNobodyRefused(t *testing.T) {
	namespace := r.Namespace(t)
	r.Apply(t, namespace, broker.Authentication(r.Redis.Password))
	fill(t, namespace, 20)
	r.Kill()
	apply(t, namespace, object{name: "first"}, object{name: "free"}, object{name: "wrong"})
	for _, o := range []object{
		{name: "second", spec: []string{"scaleTargetRef: {name: first}"}},
		{name: "free", annotations: "autoscaling.keda.sh/paused-replicas: few"},
		{name: "wrong", spec: []string{"minReplicaCount: 3", "idleReplicaCount: 3", "triggers: [{type: redsi, metadata: {}}]"}},
	} {
		r.Apply(t, namespace, o.scaledObject(namespace))
	}
	require.NoError(t, r.Restart(t.Context()))

	r.AwaitReplicas(t, namespace, "first", 4)
	for name, told := range map[string]string{
		"second": "scaleTargetRef: Deployment " + namespace + "/first is scaled by ScaledObject first already",
		"free":   `annotation autoscaling.keda.sh/paused-replicas: "few" is not a number of replicas`,
		"wrong":  "idleReplicaCount: 3 is not less than minReplicaCount, which is 3",
	} {
		r.AwaitCondition(t, namespace, name, "Ready", rig.Condition{Status: "False", Reason: "ScaledObjectCheckFailed", Message: told})
		r.AwaitNoHPA(t, namespace, name)
	}
	require.NoError(t, r.ScaledObjects(t, namespace).Delete(t.Context(), "first", metav1.DeleteOptions{}))
	r.AwaitCondition(t, namespace, "second", "Ready", ready)
	fill(t, namespace, 40)
	r.AwaitReplicas(t, namespace, "first", 8)
}
