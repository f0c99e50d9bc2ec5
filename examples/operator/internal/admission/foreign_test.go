package admission

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A slow reader takes a second for a list of HPAs, and counts them.
type slow struct {
	client.Reader
	lists atomic.Int32
}

func (s *slow) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if _, ok := list.(*autoscalingv2.HorizontalPodAutoscalerList); ok {
		s.lists.Add(1)
		time.Sleep(time.Second)
	}
	return s.Reader.List(ctx, list, options...)
}

func TestForeignHPAsAreListedOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f foreignHPAs
		live := &slow{Reader: newGate(t, hpaOf("by-hand", "", "")).client}
		ask := func(namespace string, found int) {
			so := &v1alpha1.ScaledObject{}
			so.Namespace = namespace
			so.Spec.ScaleTargetRef = &v1alpha1.ScaleTarget{Name: "web"}
			got, err := f.those(t.Context(), live, so)
			assert.NoError(t, err)
			assert.Len(t, got, found)
		}
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() { ask("shop", 1) })
			if i == 0 {
				synctest.Wait() // its list is under way, and too old for the others
			}
			time.Sleep(time.Millisecond)
		}
		wait.Wait()
		require.EqualValues(t, 2, live.lists.Load())
		ask("shop", 1)
		require.EqualValues(t, 3, live.lists.Load())
		ask("other", 0)
		require.Len(t, f.namespaces, 1, "what nobody asks for is forgotten")
	})
}

func TestHPAsCountAsTheyAreNow(t *testing.T) {
	g := newGate(t, hpaOf("by-hand", "", ""))
	byHand := &autoscalingv2.HorizontalPodAutoscaler{}
	key := client.ObjectKey{Namespace: "shop", Name: "by-hand"}
	require.NoError(t, g.client.Get(t.Context(), key, byHand))
	require.False(t, g.ask(t, scaledObject(good), "").allowed)
	require.NoError(t, g.client.Delete(t.Context(), byHand))
	require.True(t, g.ask(t, scaledObject(good), "").allowed)
	byHand.ResourceVersion = ""
	require.NoError(t, g.client.Create(t.Context(), byHand))
	require.False(t, g.ask(t, scaledObject(good), "").allowed)
}
