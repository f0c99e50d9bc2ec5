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

// A slow reader takes a while for a list of HPAs, and counts them.
type slow struct {
	client.Reader
	takes time.Duration
	lists atomic.Int32
}

func (s *slow) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if _, ok := list.(*autoscalingv2.HorizontalPodAutoscalerList); ok {
		s.lists.Add(1)
		time.Sleep(s.takes)
	}
	return s.Reader.List(ctx, list, options...)
}

func TestForeignHPAsAreListedOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f foreignHPAs
		live := &slow{Reader: newGate(t, hpaOf("by-hand", "", "")).client, takes: time.Millisecond}
		ask := func(namespace string, found int) { f.ask(t, live, namespace, many-1, found) }
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() { ask("shop", 1) })
			if i == 0 {
				synctest.Wait() // its list is under way, and too old for the others
			}
			time.Sleep(time.Microsecond)
		}
		wait.Wait()
		require.EqualValues(t, 2, live.lists.Load())
		ask("shop", 1)
		require.EqualValues(t, 3, live.lists.Load())
		ask("other", 0)
		require.Len(t, f.namespaces, 1, "what nobody asks for is forgotten")
	})
}

// ask asks for the HPAs of a target in a namespace with a number of objects, and wants to
// be told of so many.
func (f *foreignHPAs) ask(t *testing.T, live client.Reader, namespace string, objects, want int) {
	so := &v1alpha1.ScaledObject{}
	so.Namespace = namespace
	so.Spec.ScaleTargetRef = &v1alpha1.ScaleTarget{Name: "web"}
	got, err := f.those(t.Context(), live, so, objects)
	assert.NoError(t, err)
	assert.Len(t, got, want)
}

func TestAListOfManyHPAsCountsForAWhile(t *testing.T) {
	for _, c := range []struct {
		objects       int
		takes, counts time.Duration
	}{
		{many - 1, time.Second, 0}, {many, 5 * time.Millisecond, 100 * time.Millisecond}, {many, 100 * time.Millisecond, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var f foreignHPAs
			g := newGate(t, hpaOf("by-hand", "", ""))
			byHand := &autoscalingv2.HorizontalPodAutoscaler{}
			require.NoError(t, g.client.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "by-hand"}, byHand))
			live := &slow{Reader: g.client, takes: c.takes}
			f.ask(t, live, "shop", c.objects, 1)
			require.NoError(t, g.client.Delete(t.Context(), byHand))
			time.Sleep(c.counts - c.takes - time.Nanosecond)
			if c.counts > c.takes {
				f.ask(t, live, "shop", c.objects, 1)
				require.EqualValues(t, 1, live.lists.Load())
			}
			time.Sleep(time.Nanosecond)
			f.ask(t, live, "shop", c.objects, 0)
			require.EqualValues(t, 2, live.lists.Load())
		})
	}
}

func TestHPAsCountAsTheyAreNow(t *testing.T) {
	synctest.Test(t, hpasCountAsTheyAreNow) // for whose clock a list takes no time
}

func hpasCountAsTheyAreNow(t *testing.T) {
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
