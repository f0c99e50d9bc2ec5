package admission

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// counted counts the lists of HPAs.
type counted struct {
	client.Reader
	lists int
}

func (c *counted) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if _, ok := list.(*autoscalingv2.HorizontalPodAutoscalerList); ok {
		c.lists++
	}
	return c.Reader.List(ctx, list, options...)
}

func TestForeignHPAsAreListedOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, "")
		live := &counted{Reader: g.client}
		g.Live = live
		for i := range 20 {
			require.True(t, g.ask(t, another(fmt.Sprint("web-", i), good), "").allowed)
		}
		require.Equal(t, 1, live.lists)
		time.Sleep(listedFor)
		require.True(t, g.ask(t, another("later", good), "").allowed)
		require.Equal(t, 2, live.lists)
		require.True(t, g.ask(t, "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {namespace: other, name: web}\nspec:\n  scaleTargetRef: {name: web}\n  "+good, "").allowed)
		require.Equal(t, 3, live.lists)
		require.Len(t, g.hpas.namespaces, 2)
		time.Sleep(2 * listedFor)
		g.hpas.namespace("third")
		require.Len(t, g.hpas.namespaces, 1)
	})
}

func TestAnHPAThatWasDeletedRefusesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, hpaOf("by-hand", "", ""))
		require.False(t, g.ask(t, scaledObject(good), "").allowed)
		gone := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "by-hand"}}
		require.NoError(t, g.client.Delete(t.Context(), gone))
		require.True(t, g.ask(t, scaledObject(good), "").allowed, "it is looked for again")
	})
}
