package scaledjobs_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestTheHistoryOfFailuresIsKept(t *testing.T) {
	namespace := r.Namespace(t)
	push(t, namespace, 30)
	failing := manifest(namespace, `1s, e2e.scalerkit/fails: "true"`, "pollingInterval: 1", "failedJobsHistoryLimit: 3", "successfulJobsHistoryLimit: 0")
	r.Apply(t, namespace, strings.Replace(failing, "jobTargetRef:", "jobTargetRef:\n    backoffLimit: 0", 1))
	awaitJobs(t, namespace, 6)
	require.NoError(t, r.Redis.Client.Del(t.Context(), namespace).Err())
	for _, j := range awaitJobs(t, namespace, 3) {
		assert.True(t, slices.ContainsFunc(j.Status.Conditions, func(c batchv1.JobCondition) bool { return c.Type == batchv1.JobFailed }), j.Name)
	}
}

// A Job is pending as long as no Pod of it has all of the conditions.
func TestPendingPodConditions(t *testing.T) {
	for name, c := range map[string]struct {
		conditions string
		then       int // Jobs for 30 messages, after 4 for 20
	}{
		"met":   {"[Ready, ContainersReady]", 10},
		"unmet": {"[Ready, Registered]", 6},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := apply(t, 20, "1h", "pollingInterval: 3600",
				"scalingStrategy: {strategy: accurate, pendingPodConditions: "+c.conditions+"}")
			awaitJobs(t, namespace, 4)
			running(t, namespace, 4)
			push(t, namespace, 10)
			patch(t, namespace, `{"metadata": {"annotations": {"look": "again"}}}`)
			awaitJobs(t, namespace, c.then)
		})
	}
}

func TestAForegroundRollout(t *testing.T) {
	namespace := apply(t, 15, "1h", "rollout: {propagationPolicy: foreground}")
	awaitJobs(t, namespace, 3)
	seen, err := r.Client.BatchV1().Jobs(namespace).Watch(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	defer seen.Stop()
	patch(t, namespace, `{"spec": {"jobTargetRef": {"backoffLimit": 5}}}`)
	r.Await(t, func(ctx context.Context) error {
		select {
		case e := <-seen.ResultChan():
			if j, ok := e.Object.(*batchv1.Job); ok && slices.Contains(j.Finalizers, metav1.FinalizerDeleteDependents) {
				return nil
			}
			return errors.New("no Job waits until its Pods are gone")
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}
