package each_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/each"
)

func TestEachIsDoneOnceAndNoMoreAtATimeThanAsked(t *testing.T) {
	const n, atATime = 100, 3
	var done [n]atomic.Int32
	var now, most atomic.Int32
	each.Do(n, atATime, func(i int) {
		if running := now.Add(1); running > most.Load() {
			most.Store(running)
		}
		done[i].Add(1)
		now.Add(-1)
	})
	for i := range done {
		require.EqualValues(t, 1, done[i].Load())
	}
	require.LessOrEqual(t, most.Load(), int32(atATime))
}

func TestAPanicReachesTheCaller(t *testing.T) {
	require.PanicsWithValue(t, "third", func() {
		each.Do(5, 2, func(i int) {
			if i == 3 {
				panic("third")
			}
		})
	})
}

func TestAGroupWaitsForAllAndThenPassesThePanicOn(t *testing.T) {
	var group each.Group
	var done atomic.Int32
	for i := range 4 {
		group.Go(func() {
			if i == 2 {
				panic("third")
			}
			done.Add(1)
		})
	}
	require.PanicsWithValue(t, "third", group.Wait)
	require.EqualValues(t, 3, done.Load())
}
