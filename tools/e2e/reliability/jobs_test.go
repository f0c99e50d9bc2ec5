package reliability

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
)

// scaledJob returns a ScaledJob by a list whose name it has: one Job for five
// messages, and at most 1000. Its Jobs never end, and neither do they begin if
// they are pending.
func scaledJob(name, strategy string, pending bool, redis *broker.Redis) string {
	annotation := "e2e.scalerkit/runs: 1h"
	if pending {
		annotation = `e2e.scalerkit/pending: "true"`
	}
	return fmt.Sprintf(`
apiVersion: keda.sh/v1alpha1
kind: ScaledJob
metadata: {name: %[1]s}
spec:
  pollingInterval: 1
  maxReplicaCount: 1000
  scalingStrategy: {strategy: %[2]s}
  jobTargetRef:
    template:
      metadata: {annotations: {%[3]s}}
      spec:
        containers: [{name: main, image: "example.com/worker:1"}]
  triggers:
  - type: redis
    metadata: {address: %[4]q, listName: %[1]q, listLength: "5"}
    authenticationRef: {name: redis}
---
`, name, strategy, annotation, redis.Address)
}

// jobs returns the UIDs of the Jobs of a ScaledJob.
func jobs(ctx context.Context, namespace, name string) ([]string, error) {
	list, err := r.Client.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{LabelSelector: "scaledjob.keda.sh/name=" + name})
	if err != nil {
		return nil, err
	}
	uids := make([]string, len(list.Items))
	for i, j := range list.Items {
		uids[i] = string(j.UID)
	}
	return uids, nil
}

// awaitJobs returns when a ScaledJob has at least so many Jobs.
func awaitJobs(t *testing.T, namespace, name string, least int) (uids []string) {
	t.Helper()
	r.Await(t, func(ctx context.Context) (err error) {
		if uids, err = jobs(ctx, namespace, name); err == nil && len(uids) < least {
			err = fmt.Errorf("%s has %d Jobs, want %d", name, len(uids), least)
		}
		return err
	})
	return uids
}

// TestLeaderOfJobsKilled kills who creates Jobs, the leader among them, in the middle
// of it. Whatever was created counts for the next one, if no Pod of it has begun yet.
func TestLeaderOfJobsKilled(t *testing.T) {
	other := startAnother(t)
	namespace := r.Namespace(t)
	manifest := broker.Authentication(r.Redis.Password)
	strategies := []string{"default", "accurate", "auto"}
	for _, strategy := range strategies {
		leave(t, r.Redis, strategy, 0)
		push(t, r.Redis, strategy, 1000)
		manifest += scaledJob(strategy, strategy, strategy != "default", r.Redis)
	}
	r.Apply(t, namespace, manifest)
	for _, strategy := range strategies {
		awaitJobs(t, namespace, strategy, 1)
	}
	r.Kill()
	t.Cleanup(func() { restart(t) })
	awaitLeader(t, other)
	for _, strategy := range strategies {
		awaitJobs(t, namespace, strategy, 200)
		push(t, r.Redis, strategy, 5)
		assert.Len(t, awaitJobs(t, namespace, strategy, 201), 201, strategy)
	}
}

// TestRedisDownForJobs takes Redis down while Jobs run.
func TestRedisDownForJobs(t *testing.T) {
	redis := startRedis(t)
	namespace := r.Namespace(t)
	const name = "export"
	push(t, redis, name, 50)
	r.Apply(t, namespace, broker.Authentication(redis.Password)+scaledJob(name, "default", false, redis))
	before := awaitJobs(t, namespace, name, 10)

	require.NoError(t, redis.Client.Save(t.Context()).Err())
	redis.Kill()
	awaitFailedRounds(t, namespace, 10, name)
	awaitJobsReady(t, namespace, name, "False", "TriggerError", redis.Address+": connect: connection refused")
	during, err := jobs(t.Context(), namespace, name)
	require.NoError(t, err)
	assert.ElementsMatch(t, before, during)

	require.NoError(t, redis.Restart(t.Context()))
	awaitJobsReady(t, namespace, name, "True", "ScaledJobReady", "")
	push(t, redis, name, 25)
	after := awaitJobs(t, namespace, name, 15)
	assert.Len(t, after, 15)
	assert.Subset(t, after, before)
}

// awaitJobsReady returns when the condition Ready of a ScaledJob is so, with
// certain words.
func awaitJobsReady(t *testing.T, namespace, name, status, reason, words string) {
	t.Helper()
	resource, err := r.Resource(t.Context(), namespace, "keda.sh/v1alpha1", "ScaledJob")
	require.NoError(t, err)
	r.Await(t, func(ctx context.Context) error {
		object, err := resource.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, err := unstructured.NestedSlice(object.Object, "status", "conditions")
		for _, c := range conditions {
			c := c.(map[string]any)
			if message, _ := c["message"].(string); c["type"] == "Ready" && c["status"] == status && c["reason"] == reason && strings.Contains(message, words) {
				return nil
			}
		}
		return errors.Join(fmt.Errorf("the conditions of %s are %v", name, conditions), err)
	})
}
