package scaledobject

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// said returns an object with a condition as it is decoded: in a text of its own, and
// with room for more.
func said(message string) *v1alpha1.ScaledObject {
	so := &v1alpha1.ScaledObject{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "orders", UID: "u-1", ResourceVersion: "7"}}
	so.Status.Conditions = append(make(v1alpha1.Conditions, 0, 8), v1alpha1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonScaledObjectReady, Message: strings.Clone(message),
	})
	return so
}

func TestAStatusIsKeptUntilThisReplicaWritesIt(t *testing.T) {
	s := NewStatuses()
	writes := false
	s.writes = func(of types.NamespacedName, uid types.UID) bool { return of == name && uid == "u-1" && writes }
	take := func(message string) {
		so := said(message)
		s.Take(so)
		require.Zero(t, so.Status)
		require.Equal(t, "7", so.ResourceVersion)
	}
	take("by another")
	kept, ok := s.get(name, "u-1")
	require.True(t, ok)
	require.Equal(t, said("by another").Status, kept.status)
	require.Equal(t, "7", kept.version)
	_, ok = s.get(name, "u-2")
	require.False(t, ok, "it is of the one that had the name before")

	writes = true
	take("by this one")
	require.Empty(t, s.kept)
	writes = false
	take("by another again")
	require.Len(t, s.kept, 1)
	s.drop(name)
	require.Empty(t, s.kept)
}

func TestStatusesShareTheTextsOfConditions(t *testing.T) {
	s := NewStatuses()
	keep := func(message string) v1alpha1.Conditions {
		s.Take(said(message))
		kept, _ := s.get(name, "u-1")
		return kept.status.Conditions
	}
	a, b := keep("valid"), keep("valid")
	require.Equal(t, said("valid").Status.Conditions, a)
	require.Equal(t, 1, cap(a))
	require.Same(t, unsafe.StringData(a[0].Message), unsafe.StringData(b[0].Message))
	for i := range 2 * knownConditions {
		text := fmt.Sprint("failed at ", i)
		require.Equal(t, said(text).Status.Conditions, keep(text))
	}
}

// What is not kept is read from the API server: here the object was known when the
// cache took it, and was forgotten afterwards.
func TestAStatusThatIsNotKeptIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		s.level("orders", 100, nil)
		r := s.start(true)
		defer r.kill()
		r.look(time.Minute)
		require.Equal(t, 20, s.replicas())
		require.Empty(t, r.Statuses.kept)
		written := s.object().Status

		r.objects.Forget(t.Context(), name)
		so := s.object()
		so.Status = v1alpha1.ScaledObjectStatus{}
		o, err := r.object(t.Context(), so)
		require.NoError(t, err)
		known := o.Lock()
		defer o.Unlock()
		known.status.TriggersActivity = known.Activities.Status()
		require.Equal(t, written, known.status)
	})
}
