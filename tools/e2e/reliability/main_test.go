// Package reliability is tests of what becomes of workloads when something
// fails: the operator, its leader, the API server, a source.
package reliability

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

var r *rig.Rig

func TestMain(m *testing.M) {
	os.Exit(rig.Run(func(started *rig.Rig) int {
		r = started
		return m.Run()
	}))
}

// A worker is a Deployment and the ScaledObject that scales it by a list, whose
// name it has: one replica for five messages, and at most 30. It is read every
// second.
type worker struct {
	name     string
	mode     string // of scalerkit.dev/mode
	address  string // of the Redis
	cooldown int    // seconds
	window   int    // before it is scaled down, in seconds
	restore  bool   // the replicas that there were at first
}

func (w worker) String() string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: 0
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers: [{name: main, image: "example.com/worker:1"}]
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: %[1]s
  annotations: {scalerkit.dev/mode: %[2]s}
spec:
  scaleTargetRef: {name: %[1]s}
  pollingInterval: 1
  cooldownPeriod: %[4]d
  maxReplicaCount: 30
  advanced:
    restoreToOriginalReplicaCount: %[6]t
    horizontalPodAutoscalerConfig:
      behavior: {scaleDown: {stabilizationWindowSeconds: %[5]d}}
  triggers:
  - type: redis
    metadata: {address: %[3]q, listName: %[1]q, listLength: "5"}
    authenticationRef: {name: redis}
---
`, w.name, w.mode, w.address, w.cooldown, w.window, w.restore)
}

// apply applies workers that log in with a password.
func apply(t *testing.T, namespace, password string, workers ...worker) {
	t.Helper()
	manifest := broker.Authentication(password)
	for _, w := range workers {
		manifest += w.String()
	}
	r.Apply(t, namespace, manifest)
}

// startRedis starts a Redis of the test's own.
func startRedis(t *testing.T) *broker.Redis {
	t.Helper()
	dir, err := r.Cluster.TempDir("redis")
	require.NoError(t, err)
	redis, err := broker.StartRedis(t.Context(), dir)
	require.NoError(t, err)
	t.Cleanup(redis.Close)
	return redis
}

// push adds messages to a list, all at once.
func push(t *testing.T, redis *broker.Redis, list string, n int) {
	t.Helper()
	messages := make([]any, n)
	for i := range messages {
		messages[i] = "message"
	}
	require.NoError(t, redis.Client.RPush(t.Context(), list, messages...).Err())
}

// leave leaves so many messages in a list.
func leave(t *testing.T, redis *broker.Redis, list string, n int64) {
	t.Helper()
	if n == 0 {
		require.NoError(t, redis.Client.Del(t.Context(), list).Err())
		return
	}
	require.NoError(t, redis.Client.LTrim(t.Context(), list, 0, n-1).Err())
}

// measured is a replica, or all of them.
type measured interface {
	Metrics(ctx context.Context) (string, error)
}

// metric returns the sum of the metrics of a name that have all of the labels, and
// whether there is one. A label is as in "name=value".
func metric(ctx context.Context, of measured, name string, labels ...string) (sum float64, ok bool, err error) {
	text, err := of.Metrics(ctx)
	if err != nil {
		return 0, false, err
	}
	for line := range strings.Lines(text) {
		line, isOne := strings.CutPrefix(strings.TrimSpace(line), name+"{")
		for _, label := range labels {
			key, value, _ := strings.Cut(label, "=")
			isOne = isOne && strings.Contains(line, fmt.Sprintf("%s=%q", key, value))
		}
		if !isOne {
			continue
		}
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return 0, false, fmt.Errorf("metric %s: %w", name, err)
		}
		sum, ok = sum+value, true
	}
	return sum, ok, nil
}

// logs returns what the replicas have logged.
func logs(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, replica := range r.Fleet {
		log, err := os.ReadFile(replica.Log)
		require.NoError(t, err)
		all.Write(log)
	}
	return all.String()
}

// awaitReading returns when a replica has read a value for a ScaledObject.
func awaitReading(t *testing.T, replica measured, namespace, name string, want float64) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		value, ok, err := metric(ctx, replica, "keda_scaler_metrics_value", "namespace="+namespace, "scaledObject="+name)
		if err == nil && (!ok || value != want) {
			err = fmt.Errorf("the last reading of %s is %v, want %v", name, value, want)
		}
		return err
	})
}
