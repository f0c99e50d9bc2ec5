package v1alpha1_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	api "github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestDefaults(t *testing.T) {
	bare := api.ScaledObject{ObjectMeta: metav1.ObjectMeta{Name: "orders"}}
	require.Equal(t, 30*time.Second, bare.PollingInterval())
	require.Equal(t, 300*time.Second, bare.CooldownPeriod())
	require.Zero(t, bare.InitialCooldownPeriod())
	require.Zero(t, bare.MinReplicas())
	require.Equal(t, 100, bare.MaxReplicas())
	require.Equal(t, "keda-hpa-orders", bare.HPAName())

	given := api.ScaledObject{Spec: api.ScaledObjectSpec{
		PollingInterval: count(5), CooldownPeriod: count(0), InitialCooldownPeriod: count(7),
		MinReplicaCount: count(2), MaxReplicaCount: count(9),
		Advanced: &api.AdvancedConfig{HorizontalPodAutoscalerConfig: &api.HorizontalPodAutoscalerConfig{Name: "mine"}},
	}}
	require.Equal(t, 5*time.Second, given.PollingInterval())
	require.Zero(t, given.CooldownPeriod())
	require.Equal(t, 7*time.Second, given.InitialCooldownPeriod())
	require.Equal(t, 2, given.MinReplicas())
	require.Equal(t, 9, given.MaxReplicas())
	require.Equal(t, "mine", given.HPAName())
}

func TestDefaultsOfJobs(t *testing.T) {
	var bare api.ScaledJob
	require.Equal(t, 30*time.Second, bare.PollingInterval())
	require.Zero(t, bare.MinReplicas())
	require.Equal(t, []int{100, 100, 100}, []int{bare.MaxReplicas(), bare.SuccessfulJobsHistoryLimit(), bare.FailedJobsHistoryLimit()})
	require.Equal(t, api.RolloutImmediate, bare.RolloutStrategy())
	bare.Spec.Rollout.Strategy = api.RolloutDefault
	require.Equal(t, api.RolloutImmediate, bare.RolloutStrategy())
	require.Equal(t, api.PropagationBackground, bare.PropagationPolicy())

	given := api.ScaledJob{Spec: api.ScaledJobSpec{
		SuccessfulJobsHistoryLimit: count(0), FailedJobsHistoryLimit: count(1),
		RolloutStrategy: api.RolloutGradual,
		Rollout:         api.Rollout{Strategy: api.RolloutImmediate, PropagationPolicy: api.PropagationForeground},
	}}
	require.Equal(t, []int{0, 1}, []int{given.SuccessfulJobsHistoryLimit(), given.FailedJobsHistoryLimit()})
	require.Equal(t, api.RolloutGradual, given.RolloutStrategy(), "the deprecated field comes first")
	require.Equal(t, api.PropagationForeground, given.PropagationPolicy())
}

func TestScaleTarget(t *testing.T) {
	for want, target := range map[schema.GroupVersionKind]api.ScaleTarget{
		{Group: "apps", Version: "v1", Kind: "Deployment"}:           {Name: "worker"},
		{Group: "apps", Version: "v1", Kind: "StatefulSet"}:          {Name: "worker", Kind: "StatefulSet"},
		{Version: "v1", Kind: "ReplicationController"}:               {Name: "worker", APIVersion: "v1", Kind: "ReplicationController"},
		{Group: "argoproj.io", Version: "v1alpha1", Kind: "Rollout"}: {Name: "worker", APIVersion: "argoproj.io/v1alpha1", Kind: "Rollout"},
	} {
		got, err := target.GroupVersionKind()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := (&api.ScaleTarget{APIVersion: "a/b/c"}).GroupVersionKind()
	require.EqualError(t, err, "unexpected GroupVersion string: a/b/c")
}

func TestEnabled(t *testing.T) {
	for value, want := range map[string]bool{"true": true, "1": true, "": true, "yes": true, "no": true, "false": false, "0": false, "F": false} {
		object := api.ScaledObject{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{api.AnnotationPaused: value}}}
		require.Equal(t, want, api.Enabled(&object, api.AnnotationPaused), value)
		require.False(t, api.Enabled(&object, api.AnnotationForceActivation))
	}
}

func TestConditions(t *testing.T) {
	conditions := api.NewConditions()
	require.Equal(t, api.Condition{Type: api.ConditionReady, Status: metav1.ConditionUnknown}, api.GetCondition(conditions, api.ConditionReady))
	require.Equal(t, api.Condition{Type: api.ConditionHPAActive, Status: metav1.ConditionUnknown}, api.GetCondition(conditions, api.ConditionHPAActive))

	ready := api.Condition{Type: api.ConditionReady, Status: metav1.ConditionTrue, Reason: api.ReasonScaledObjectReady}
	require.True(t, api.SetCondition(&conditions, ready))
	require.False(t, api.SetCondition(&conditions, ready))
	require.Equal(t, ready, api.GetCondition(conditions, api.ConditionReady))

	hpa := api.Condition{Type: api.ConditionHPAActive, Status: metav1.ConditionTrue}
	before := conditions
	require.True(t, api.SetCondition(&conditions, hpa))
	require.Equal(t, append(before, hpa), conditions)
	require.True(t, api.RemoveCondition(&conditions, api.ConditionHPAActive))
	require.False(t, api.RemoveCondition(&conditions, api.ConditionHPAActive))
	require.Equal(t, before, conditions)
}

func TestAddToScheme(t *testing.T) {
	scheme := runtime.NewScheme()
	require.NoError(t, api.AddToScheme(scheme))
	for _, kind := range []string{"ScaledObject", "ScaledJob", "TriggerAuthentication", "ClusterTriggerAuthentication"} {
		require.True(t, scheme.Recognizes(api.GroupVersion.WithKind(kind)))
		require.True(t, scheme.Recognizes(api.GroupVersion.WithKind(kind+"List")))
	}
	require.Equal(t, "scaledobjects.keda.sh", api.Resource("scaledobjects").String())

	target := api.GroupVersionKindResource{Group: "apps", Version: "v1", Kind: "Deployment", Resource: "deployments"}
	require.Equal(t, "apps/v1, Kind=Deployment", target.GroupVersionKind().String())
	require.Equal(t, "apps/v1, Resource=deployments", target.GroupVersionResource().String())

	require.Equal(t, "TriggerAuthentication", (&api.AuthenticationRef{Name: "a"}).ResolvedKind())
	require.Equal(t, "ClusterTriggerAuthentication", (&api.AuthenticationRef{Name: "a", Kind: "ClusterTriggerAuthentication"}).ResolvedKind())
}

func count(n int32) *int32 { return &n }
