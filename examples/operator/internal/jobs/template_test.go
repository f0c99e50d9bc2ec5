package jobs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func TestTheTemplateOfJobs(t *testing.T) {
	sj := scaledJob3()
	sj.Labels = map[string]string{"team": "a", "secret": "b", "app.kubernetes.io/name": "mine", "scaledjob.keda.sh/name": "no"}
	sj.Annotations = map[string]string{
		"note":                                  "x",
		"scaledjob.keda.sh/job-excluded-labels": "other, secret",
		"kubectl.kubernetes.io/last-applied-configuration": "{}",
	}
	limit := int32(2)
	sj.Spec.JobTargetRef.BackoffLimit = &limit
	text, err := yaml.Marshal(Template(sj, "1.2.3", "t-3"))
	require.NoError(t, err)
	assert.Equal(t, strings.TrimLeft(`
metadata:
  annotations:
    note: x
    scaledjob.keda.sh/generation: "3"
    scaledjob.keda.sh/job-excluded-labels: other, secret
    scalerkit.dev/job-target-ref: t-3
  generateName: export-
  labels:
    app.kubernetes.io/managed-by: keda-operator
    app.kubernetes.io/name: mine
    app.kubernetes.io/part-of: export
    app.kubernetes.io/version: 1.2.3
    scaledjob.keda.sh/name: export
    team: a
  namespace: shop
  ownerReferences:
  - apiVersion: keda.sh/v1alpha1
    blockOwnerDeletion: true
    controller: true
    kind: ScaledJob
    name: export
    uid: u-1
spec:
  backoffLimit: 2
  template:
    metadata:
      labels:
        scaledjob.keda.sh/name: export
    spec:
      containers:
      - image: worker
        name: worker
        resources: {}
      restartPolicy: OnFailure
status: {}
`, "\n"), string(text))
	assert.Nil(t, sj.Spec.JobTargetRef.Template.Labels, "the object is as it was")
}

func TestARestartPolicyThatIsGivenStays(t *testing.T) {
	sj := scaledJob3()
	sj.Spec.JobTargetRef.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	assert.Equal(t, corev1.RestartPolicyNever, Template(sj, "", "t-3").Spec.Template.Spec.RestartPolicy)
}

func TestNamesOfJobsFitIntoALabel(t *testing.T) {
	s := newStage(t)
	sj := scaledJob3()
	sj.Name = strings.Repeat("x", 56) + "-yyyyyy"
	jobs := s.jobs()
	jobs.Template = Template(sj, "", "t-3")
	_, err := jobs.Create(t.Context(), 1)
	require.NoError(t, err)
	name := s.stored(t)[0].Name
	assert.Regexp(t, "^x{56}-[a-z0-9]{5}$", name)
}

// What a cache drops is not read.
func TestTheCacheKeepsWhatIsRead(t *testing.T) {
	s := newStage(t)
	_, err := s.jobs().Create(t.Context(), 1)
	require.NoError(t, err)
	j := s.stored(t)[0]
	s.finish(t, j, batchv1.JobFailed)
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "p", Labels: map[string]string{"scaledjob.keda.sh/name": "export", "more": "x"}, Annotations: map[string]string{"more": "x"},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(j, batchv1.SchemeGroupVersion.WithKind("Job"))},
		},
		Spec: corev1.PodSpec{NodeName: "n"},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1", Conditions: []corev1.PodCondition{
			{Type: corev1.PodReady, Status: corev1.ConditionTrue, Message: "more"},
		}},
	}
	wantJob, wantPod, wantOwner := newJob(j), newPod(p), jobOf(p)
	seen := 0
	for object, options := range CacheOptions() {
		require.Equal(t, "scaledjob.keda.sh/name", options.Label.String())
		switch object.(type) {
		case *batchv1.Job:
			_, err := options.Transform(j)
			require.NoError(t, err)
			seen++
		case *corev1.Pod:
			_, err := options.Transform(p)
			require.NoError(t, err)
			seen++
		}
	}
	require.Equal(t, 2, seen)
	assert.Equal(t, wantJob, newJob(j))
	assert.Equal(t, wantPod, newPod(p))
	assert.Equal(t, wantOwner, jobOf(p))
	assert.Equal(t, "export", scaledJob(j).Name)
	assert.Equal(t, "export", scaledJob(p).Name)
	assert.Empty(t, j.Spec.Template.Spec.Containers)
	assert.Empty(t, p.Status.PodIP)
}
