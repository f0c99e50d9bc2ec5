// Package scaledjobs_test has the operator create Jobs in a real cluster.
package scaledjobs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

var r *rig.Rig

func TestMain(m *testing.M) {
	os.Exit(rig.Run(func(started *rig.Rig) int {
		r = started
		return m.Run()
	}))
}

// export is a ScaledJob by a list of the namespace's name.
const export = `
apiVersion: keda.sh/v1alpha1
kind: ScaledJob
metadata: {name: export}
spec:
  %[3]s
  jobTargetRef:
    template:
      metadata: {annotations: {e2e.scalerkit/runs: %[4]s}}
      spec:
        containers: [{name: main, image: "example.com/worker:1"}]
  triggers:
  - type: redis
    metadata: {address: %[1]q, listName: %[2]q, listLength: "5"}
    authenticationRef: {name: redis}
`

// apply applies a ScaledJob in a namespace of its own, whose list has so many
// messages.
func apply(t *testing.T, messages int, runs string, spec ...string) (namespace string) {
	t.Helper()
	namespace = r.Namespace(t)
	push(t, namespace, messages)
	if !slices.ContainsFunc(spec, func(line string) bool { return strings.HasPrefix(line, "pollingInterval") }) {
		spec = append(spec, "pollingInterval: 1")
	}
	r.Apply(t, namespace, manifest(namespace, runs, spec...))
	return namespace
}

func manifest(namespace, runs string, spec ...string) string {
	return broker.Authentication(r.Redis.Password) + fmt.Sprintf(export, r.Redis.Address, namespace, strings.Join(spec, "\n  "), runs)
}

func push(t *testing.T, list string, messages int) {
	t.Helper()
	for range messages {
		require.NoError(t, r.Redis.Client.RPush(t.Context(), list, "message").Err())
	}
}

func jobs(ctx context.Context, namespace string) ([]batchv1.Job, error) {
	list, err := r.Client.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{LabelSelector: "scaledjob.keda.sh/name=export"})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// countedJobs returns the Jobs and an error unless there are so many.
func countedJobs(ctx context.Context, namespace string, want int) ([]batchv1.Job, error) {
	found, err := jobs(ctx, namespace)
	if err == nil && len(found) != want {
		err = fmt.Errorf("there are %d Jobs, want %d", len(found), want)
	}
	return found, err
}

// awaitJobs returns when there are so many Jobs, and what they are.
func awaitJobs(t *testing.T, namespace string, want int) (found []batchv1.Job) {
	t.Helper()
	r.Await(t, func(ctx context.Context) (err error) {
		found, err = countedJobs(ctx, namespace, want)
		return err
	})
	return found
}

// awaitRounds returns when readings have been taken anew several times.
func awaitRounds(t *testing.T, namespace string) {
	t.Helper()
	rounds := func(ctx context.Context) (lines string, err error) {
		metrics, err := r.Metrics(ctx)
		for line := range strings.Lines(metrics) {
			if strings.HasPrefix(line, "scalerkit_rounds_total") && strings.Contains(line, "scaledjob") && strings.Contains(line, "unchanged") {
				lines += line
			}
		}
		return lines, err
	}
	for range 3 {
		before, err := rounds(t.Context())
		require.NoError(t, err)
		r.Await(t, func(ctx context.Context) error {
			now, err := rounds(ctx)
			if err == nil && now == before {
				err = fmt.Errorf("there was no round of %s", namespace)
			}
			return err
		})
	}
}

// awaitConditions returns when the ScaledJob has conditions with these reasons.
func awaitConditions(t *testing.T, namespace string, reasons ...string) {
	t.Helper()
	resource, err := r.Resource(t.Context(), namespace, "keda.sh/v1alpha1", "ScaledJob")
	require.NoError(t, err)
	r.Await(t, func(ctx context.Context) error {
		object, err := resource.Get(ctx, "export", metav1.GetOptions{})
		if err != nil {
			return err
		}
		text, err := json.Marshal(object.Object["status"])
		for _, reason := range reasons {
			if err == nil && !strings.Contains(string(text), `"reason":"`+reason+`"`) {
				err = fmt.Errorf("there is no condition with the reason %s: %s", reason, text)
			}
		}
		return err
	})
}

// awaitRefusal returns when a manifest is refused with these words. It may take
// until the API server trusts the webhook, and the webhook knows all objects.
func awaitRefusal(t *testing.T, namespace, manifest, words string) {
	t.Helper()
	r.Await(t, func(context.Context) error {
		err := r.TryApply(t, namespace, manifest) //nolint:contextcheck // it has the test's
		if err == nil || !strings.Contains(err.Error(), words) {
			return fmt.Errorf("it was not refused with %q: %w", words, err)
		}
		return nil
	})
}

func patch(t *testing.T, namespace, text string) {
	t.Helper()
	resource, err := r.Resource(t.Context(), namespace, "keda.sh/v1alpha1", "ScaledJob")
	require.NoError(t, err)
	_, err = resource.Patch(t.Context(), "export", types.MergePatchType, []byte(text), metav1.PatchOptions{})
	require.NoError(t, err)
}

func TestStrategies(t *testing.T) {
	for strategy, c := range map[string]struct {
		spec        string
		first, then int // Jobs for 20 messages, and after that for 30
	}{
		"default":  {"strategy: default", 4, 6},
		"custom":   {"strategy: custom, customScalingQueueLengthDeduction: 1, customScalingRunningJobPercentage: \"0.5\"", 3, 7},
		"accurate": {"strategy: accurate", 4, 10},
		"eager":    {"strategy: eager", 4, 10},
		"auto":     {"strategy: auto", 4, 10},
	} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			// The next reading comes when the object changes.
			namespace := apply(t, 20, "1h", "pollingInterval: 3600", "maxReplicaCount: 20", "scalingStrategy: {"+c.spec+"}")
			awaitJobs(t, namespace, c.first)
			running(t, namespace, c.first)
			push(t, namespace, 10)
			patch(t, namespace, `{"metadata": {"annotations": {"look": "again"}}}`)
			awaitJobs(t, namespace, c.then)
		})
	}
}

// running returns when so many Jobs have a Pod that runs.
func running(t *testing.T, namespace string, want int) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		found, err := jobs(ctx, namespace)
		n := 0
		for _, j := range found {
			if j.Status.Ready != nil && *j.Status.Ready > 0 {
				n++
			}
		}
		if err == nil && n != want {
			err = fmt.Errorf("%d Jobs run, want %d", n, want)
		}
		return err
	})
}

func TestJobsAreLikeTheirTemplate(t *testing.T) {
	namespace := apply(t, 1, "1h")
	job := awaitJobs(t, namespace, 1)[0]
	assert.Regexp(t, "^export-[a-z0-9]{5}$", job.Name)
	assert.Equal(t, "1", job.Annotations["scaledjob.keda.sh/generation"])
	assert.Equal(t, "export", job.Spec.Template.Labels["scaledjob.keda.sh/name"])
	assert.EqualValues(t, "OnFailure", job.Spec.Template.Spec.RestartPolicy)
	require.Len(t, job.OwnerReferences, 1)
	assert.Equal(t, "ScaledJob", job.OwnerReferences[0].Kind)

	awaitConditions(t, namespace, "ScaledJobReady", "ScalerActive")
	resource, err := r.Resource(t.Context(), namespace, "keda.sh/v1alpha1", "ScaledJob")
	require.NoError(t, err)
	require.NoError(t, resource.Delete(t.Context(), "export", metav1.DeleteOptions{}))
	awaitJobs(t, namespace, 0)
}

func TestTheHistoryIsKept(t *testing.T) {
	namespace := apply(t, 30, "1s", "successfulJobsHistoryLimit: 2")
	awaitJobs(t, namespace, 6)
	require.NoError(t, r.Redis.Client.Del(t.Context(), namespace).Err())
	awaitJobs(t, namespace, 2)
}

func TestRollouts(t *testing.T) {
	const change = `{"spec": {"maxReplicaCount": 50, "jobTargetRef": {"template": {"spec": {"containers": [{"name": "main", "image": "example.com/worker:2"}]}}}}}`
	t.Run("immediate", func(t *testing.T) {
		namespace := apply(t, 15, "1h")
		awaitJobs(t, namespace, 3)
		patch(t, namespace, change)
		r.Await(t, func(ctx context.Context) error {
			found, err := countedJobs(ctx, namespace, 3)
			for _, j := range found {
				if image := j.Spec.Template.Spec.Containers[0].Image; err == nil && image != "example.com/worker:2" {
					err = fmt.Errorf("a Job has %s", image)
				}
			}
			return err
		})
		r.AwaitEvent(t, namespace, "export", "ScaledJobRolloutCleanupStarted", "Deleting 3 Jobs that were made from another jobTargetRef")
		r.AwaitEvent(t, namespace, "export", "ScaledJobRolloutCleanupCompleted", "Deleted 3 Jobs")
	})
	t.Run("gradual", func(t *testing.T) {
		namespace := apply(t, 15, "1h", "rollout: {strategy: gradual}")
		awaitJobs(t, namespace, 3)
		patch(t, namespace, change)
		push(t, namespace, 5)
		images := map[string]int{}
		for _, j := range awaitJobs(t, namespace, 4) {
			images[j.Spec.Template.Spec.Containers[0].Image]++
		}
		assert.Equal(t, map[string]int{"example.com/worker:1": 3, "example.com/worker:2": 1}, images)
	})
	t.Run("of nothing that Jobs are made from", func(t *testing.T) {
		namespace := apply(t, 15, "1h", "maxReplicaCount: 3", "rollout: {strategy: default}")
		uids := func(jobs []batchv1.Job) (uids []types.UID) {
			for _, j := range jobs {
				uids = append(uids, j.UID)
			}
			return uids
		}
		before := uids(awaitJobs(t, namespace, 3))
		push(t, namespace, 5)
		patch(t, namespace, `{"spec": {"maxReplicaCount": 4}}`)
		assert.Subset(t, uids(awaitJobs(t, namespace, 4)), before, "those that were at work still are")
	})
}

func TestAPauseCreatesNothing(t *testing.T) {
	namespace := apply(t, 15, "1h", "minReplicaCount: 1")
	awaitJobs(t, namespace, 4)
	patch(t, namespace, `{"metadata": {"annotations": {"autoscaling.keda.sh/paused": "true"}}}`)
	awaitConditions(t, namespace, "ScaledJobPaused")
	push(t, namespace, 15)
	patch(t, namespace, `{"metadata": {"annotations": {"autoscaling.keda.sh/paused": null}}}`)
	awaitJobs(t, namespace, 7)
}

// The operator is killed in the middle of creating Jobs, several times, and
// never creates more than are called for.
func TestAKilledOperatorCreatesNothingTwice(t *testing.T) {
	namespace := apply(t, 1000, "1h", "maxReplicaCount: 200")
	for _, at := range []int{1, 60, 120} {
		r.Await(t, func(ctx context.Context) error {
			found, err := jobs(ctx, namespace)
			if err == nil && len(found) < at {
				err = fmt.Errorf("there are %d Jobs", len(found))
			}
			return err
		})
		require.NoError(t, r.Restart(t.Context()))
	}
	awaitJobs(t, namespace, 200)
	awaitRounds(t, namespace)
	assert.Len(t, awaitJobs(t, namespace, 200), 200)
}

// The API server is killed in the middle of creating Jobs.
func TestAKilledAPIServerMakesNoJobTwice(t *testing.T) {
	namespace := apply(t, 1000, "1h", "maxReplicaCount: 200")
	r.Await(t, func(ctx context.Context) error {
		found, err := jobs(ctx, namespace)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("there is no Job")
		}
		return err
	})
	require.NoError(t, r.Cluster.Restart(t.Context(), cluster.APIServer))
	r.Await(t, func(ctx context.Context) error {
		// The API server was away for longer than a lease lasts, maybe.
		if err := r.Revive(ctx); err != nil {
			return err
		}
		_, err := countedJobs(ctx, namespace, 200)
		return err
	})
	awaitRounds(t, namespace)
	awaitJobs(t, namespace, 200)
}

func TestTheWebhookRefusesWhatCannotWork(t *testing.T) {
	namespace := r.Namespace(t)
	refused := func(manifest, words string) {
		t.Helper()
		require.ErrorContains(t, r.TryApply(t, namespace, manifest), words)
	}
	awaitRefusal(t, namespace, strings.ReplaceAll(manifest(namespace, "1h"), "type: redis", "type: redsi"),
		`"redsi" is not a known type; did you mean "redis"?`)
	refused(manifest(namespace, "1h", "minReplicaCount: 5", "maxReplicaCount: 3"), "minReplicaCount: 5 is greater than maxReplicaCount, which is 3")
	refused(strings.ReplaceAll(manifest(namespace, "1h"), `listLength: "5"`, `listLength: five`), `listLength: "five" is not a whole number`)

	const object = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: %s}
spec:
  scaleTargetRef: {name: worker}
  triggers: [{type: redis, metadata: {address: "localhost:1", listName: a}}]
`
	r.Apply(t, namespace, fmt.Sprintf(object, "one"))
	awaitRefusal(t, namespace, fmt.Sprintf(object, "two"), "scaleTargetRef: Deployment worker is scaled by ScaledObject one already")
	refused(`{apiVersion: keda.sh/v1alpha1, kind: TriggerAuthentication, metadata: {name: a}, spec: {podIdentity: {provider: aws, externalID: x}}}`,
		"podIdentity: externalID needs roleArn")
	refused(`{apiVersion: keda.sh/v1alpha1, kind: ClusterTriggerAuthentication, metadata: {name: a}, spec: {filePath: ../x}}`,
		"is not a relative path")
}
