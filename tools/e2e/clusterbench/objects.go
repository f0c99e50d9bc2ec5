package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
)

// namespace has all objects of the benchmark.
const namespace = "bench"

const space = `
apiVersion: v1
kind: Namespace
metadata: {name: bench}
---
`

// deployment has the name in it.
const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: 0
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: main, image: "example.com/worker:1"}]
`

// scaledObject has the name and the address of the Redis in it.
const scaledObject = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: %[1]s}
spec:
  scaleTargetRef: {name: %[1]s}
  pollingInterval: 5
  triggers:
  - type: redis
    metadata: {address: %[2]q, listName: %[1]s, listLength: "5"}
    authenticationRef: {name: redis}
`

// floorUser is who the bare client is. It may do everything.
const floorUser = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: bare}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: bare}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, namespace: bench, name: bare}]
`

// floorHPA has the name in it. It is what the operator makes.
const floorHPA = `
metadata:
  name: keda-hpa-%[1]s
  labels: {scaledobject.keda.sh/name: %[1]s, app.kubernetes.io/managed-by: keda-operator}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %[1]s}
  minReplicas: 1
  maxReplicas: 100
  metrics:
  - type: External
    external:
      metric: {name: s0-redis-%[1]s, selector: {matchLabels: {scaledobject.keda.sh/name: %[1]s}}}
      target: {type: AverageValue, averageValue: "5"}
`

// floorStatus has the name in it.
const floorStatus = `[{"op": "add", "path": "/status", "value": {
	"hpaName": "keda-hpa-%[1]s", "scaleTargetKind": "apps/v1.Deployment", "externalMetricNames": ["s0-redis-%[1]s"],
	"conditions": [
		{"type": "Ready", "status": "True", "reason": "ScaledObjectReady", "message": "The object is valid and its triggers can be read"},
		{"type": "Active", "status": "False", "reason": "ScalerNotActive", "message": "No trigger is active"}]}}]`

// constant is what all metrics are, with the time and the value in it.
const constant = `{"kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1", "metadata": {},
	"items": [{"metricName": "s0-redis-worker", "metricLabels": {}, "timestamp": %q, "value": "%d"}]}`

// perReplica is how many messages make a replica.
const perReplica = 5

// applying is how many objects are applied at once.
const applying = 16

func (b *bench) name(i int) string { return fmt.Sprintf("worker-%05d", i) }

// each calls do for all objects, for several at once.
func (b *bench) each(ctx context.Context, atOnce int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range b.objects {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

// apply applies what a manifest has.
func (b *bench) apply(ctx context.Context, manifest string) error {
	objects, err := cluster.Parse([]byte(manifest))
	if err != nil {
		return err
	}
	return b.applier.Apply(ctx, namespace, objects...)
}

// push adds messages to each list.
func (b *bench) push(ctx context.Context, messages int) error {
	pipeline := b.redis.Client.Pipeline()
	values := make([]any, messages)
	for i := range values {
		values[i] = "message"
	}
	for i := range b.objects {
		pipeline.RPush(ctx, b.name(i), values...)
	}
	_, err := pipeline.Exec(ctx)
	return err
}
