package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
)

// namespace has all objects of the benchmark.
const namespace = "bench"

// common is what all objects need. It has the password of the Redis in it.
const common = `
apiVersion: v1
kind: Namespace
metadata: {name: bench}
---
apiVersion: v1
kind: Secret
metadata: {name: redis}
stringData: {password: %q}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: redis}
spec:
  secretTargetRef: [{parameter: password, name: redis, key: password}]
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

func (b *bench) name(i int) string { return fmt.Sprintf("worker-%04d", i) }

// apply applies manifests, several at once.
func (b *bench) apply(ctx context.Context, n int, manifest func(i int) string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range n {
		group.Go(func() error {
			objects, err := cluster.Parse([]byte(manifest(i)))
			if err != nil {
				return err
			}
			return b.applier.Apply(ctx, namespace, objects...)
		})
	}
	return group.Wait()
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
