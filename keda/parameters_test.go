package keda

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/scalers/all"
)

func TestParametersOfTriggers(t *testing.T) {
	so := parse(t, `
spec:
  triggers:
  - {type: cpu, metadata: {}}
  - {type: redis, name: a, metadata: {address: redis:6379, listLength: many, listNmae: orders}}
  - {type: rediss, metadata: {}}
  - {type: rabbitmq, metadata: {queueName: orders, mode: QueueLength, value: "5", hostFromEnv: HOST}}
  - {type: rabbitmq, metadata: {queueName: orders, mode: QueueLength, value: few}, authenticationRef: {name: later}}
  - {type: prometheus, metadata: {serverAddress: "http://prometheus:9090", query: up}}`)
	const target = "triggers[5]: prometheus trigger: threshold: is missing: set it in the metadata"
	f := CheckTriggers(all.Registry(), so.Spec.Triggers, OwnerOf(so, nil))
	require.Equal(t, []Problem{
		{"incorrect-metadata", `triggers[1]: redis trigger "a": listLength: "many" is not a whole number`},
		{"incorrect-metadata", `triggers[1]: redis trigger "a": listName: is missing: set it in the metadata`},
		{"unknown-trigger-type", `triggers[2]: trigger: type: "rediss" is not a known type; did you mean "redis"?`},
		{"incorrect-metadata", `triggers[4]: rabbitmq trigger: value: "few" is not a number`},
		{"incorrect-metadata", target},
	}, f.Problems)
	require.Equal(t, []string{`triggers[1]: redis trigger "a": listNmae: is not a parameter of this trigger type; did you mean "listName"?`}, f.Warnings)

	so.Spec.Advanced = parse(t, "spec: {advanced: {scalingModifiers: {formula: a}}}").Spec.Advanced
	f = CheckTriggers(all.Registry(), so.Spec.Triggers, OwnerOf(so, nil))
	require.Len(t, f.Problems, 4)
	require.NotContains(t, f.Err().Error(), target, "a formula replaces it")
}
