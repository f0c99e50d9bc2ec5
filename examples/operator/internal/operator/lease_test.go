package operator

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
)

// A lock answers requests after a time.
type lock struct {
	resourcelock.Interface
	after time.Duration
	err   error
}

func (l *lock) Create(context.Context, resourcelock.LeaderElectionRecord) error {
	time.Sleep(l.after)
	return l.err
}

func (l *lock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.Create(ctx, record)
}

func (l *lock) Identity() string { return "operator-0" }

func TestALeaseIsHeldUntilAnotherMayHaveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours := resourcelock.LeaderElectionRecord{HolderIdentity: "operator-0"}
		held := &lock{}
		l := &lease{Interface: held, duration: 15 * time.Second}
		assert.False(t, l.held(), "before the election")
		require.NoError(t, l.Create(t.Context(), ours))
		time.Sleep(14 * time.Second)
		assert.True(t, l.held())

		held.after = 2 * time.Second
		require.NoError(t, l.Update(t.Context(), ours))
		time.Sleep(12 * time.Second)
		assert.True(t, l.held(), "renewed")
		time.Sleep(time.Second)
		assert.False(t, l.held(), "it counts from when the request was made")

		held.err = errors.New("somebody else has changed it")
		require.Error(t, l.Update(t.Context(), ours))
		assert.False(t, l.held(), "not renewed")

		held.err = nil
		require.NoError(t, l.Update(t.Context(), ours))
		require.NoError(t, l.Update(t.Context(), resourcelock.LeaderElectionRecord{}))
		assert.False(t, l.held(), "given back")
	})
}

func TestNobodyLeadsBesideShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours := resourcelock.LeaderElectionRecord{HolderIdentity: "operator-0"}
		asked := 0
		busy := errors.New("replica operator-1 runs with --shards, and this one without")
		l := &lease{Interface: &lock{}, duration: 15 * time.Second, vacant: func(context.Context) error {
			asked++
			return busy
		}}
		require.Equal(t, busy, l.Create(t.Context(), ours))
		assert.False(t, l.held())
		busy = nil
		require.NoError(t, l.Create(t.Context(), ours))
		assert.True(t, l.held())
		require.NoError(t, l.Update(t.Context(), ours))
		assert.Equal(t, 2, asked, "who leads does not ask")
	})
}

func TestSharesOfOthers(t *testing.T) {
	c := fake.NewClientset()
	leases := c.CoordinationV1().Leases("keda")
	require.NoError(t, noShards(t.Context(), leases, "operator"))

	now, seconds, holder := metav1.NowMicro(), int32(15), "operator-1"
	_, err := leases.Create(t.Context(), &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "operator-replica-1", Labels: map[string]string{shard.Label: "replica"}},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: &now, LeaseDurationSeconds: &seconds},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.EqualError(t, noShards(t.Context(), leases, "operator"), "replica operator-1 runs with --shards, and this one without")
	require.NoError(t, noShards(t.Context(), leases, "another"))

	c.PrependReactor("list", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(coordinationv1.Resource("leases"), "", nil)
	})
	require.NoError(t, noShards(t.Context(), leases, "operator"), "an older Role has no right to list")
}
