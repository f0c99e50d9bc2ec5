package controller

import (
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestOtherWordsAreNoNews(t *testing.T) {
	outcome := func(status metav1.ConditionStatus, err string, failures int) *Outcome {
		return &Outcome{
			Ready:    Condition(v1alpha1.ConditionReady, status, v1alpha1.ReasonTriggerError, err),
			Triggers: []TriggerOutcome{{Name: "a", Err: err, Failures: failures}},
		}
	}
	good, bad := outcome(metav1.ConditionTrue, "", 0), outcome(metav1.ConditionFalse, "out of order", 0)
	worse := outcome(metav1.ConditionFalse, "on fire", 0)
	require.True(t, good.differs(nil))
	require.False(t, good.differs(good))
	require.True(t, bad.differs(good))
	require.False(t, worse.differs(bad))
	require.True(t, outcome(metav1.ConditionFalse, "on fire", 1).differs(worse))
	require.True(t, (&Outcome{}).differs(good), "a trigger less")

	require.Equal(t, bad.Triggers, bad.failedSince(nil))
	require.Equal(t, bad.Triggers, bad.failedSince(good))
	require.Equal(t, bad.Triggers, bad.failedSince(&Outcome{Triggers: []TriggerOutcome{{Name: "b", Err: "out of order"}}}))
	require.Empty(t, worse.failedSince(bad))
}
