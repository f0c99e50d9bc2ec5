package scaledobject

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// Rounds are recorded by the leader, and of the objects that have the labels at the
// time.
func TestRoundsAreRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		so := fresh(t, orders)
		so.Labels = map[string]string{"tier": "test"}
		s := newStage(t, deployment(0), so)
		var rounds [2]atomic.Int64
		start := func(i int, leads bool) *replica {
			s.rounds = &controller.Rounds{
				Record:   func(control.Round) { rounds[i].Add(1) },
				Selector: labels.SelectorFromSet(labels.Set{"tier": "prod"}),
			}
			return s.start(leads)
		}
		leader, other := start(0, true), start(1, false)
		defer other.kill()
		defer leader.kill()
		leader.look(time.Minute)
		other.look(time.Minute)
		require.Zero(t, rounds[0].Load())

		label := func(tier string) {
			now := &v1alpha1.ScaledObject{}
			s.get(name, now)
			now.Labels["tier"] = tier
			require.NoError(t, s.client.Update(t.Context(), now))
			leader.objects.Requests.Add(name)
			other.look(time.Minute)
		}
		label("prod")
		seen := rounds[0].Load()
		require.GreaterOrEqual(t, seen, int64(5))
		require.Zero(t, rounds[1].Load())

		label("test")
		require.Equal(t, seen, rounds[0].Load())
	})
}
