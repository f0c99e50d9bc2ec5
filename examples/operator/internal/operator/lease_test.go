package operator

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
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
