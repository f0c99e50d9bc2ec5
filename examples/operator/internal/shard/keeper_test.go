package shard

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestReplicasShareTheShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a := f.start(shards)
		time.Sleep(duration)
		require.Equal(t, []int{0}, f.held(), "nobody leads")
		f.lead(a)
		time.Sleep(period)
		synctest.Wait()
		require.Equal(t, []int{6}, f.held())

		b := f.start(shards)
		time.Sleep(3 * period)
		require.Equal(t, []int{3, 3}, f.held())
		f.start(shards)
		time.Sleep(3 * period)
		require.Equal(t, []int{2, 2, 2}, f.held())

		b.terminate()
		time.Sleep(2 * period)
		require.Equal(t, []int{3, 0, 3}, f.held(), "without waiting for its Lease")
		a.terminate()
		time.Sleep(2 * period)
		require.Equal(t, []int{0, 0, 3}, f.held(), "the leader is gone")
		f.lead(f.replicas[2])
		time.Sleep(2 * period)
		require.Equal(t, []int{0, 0, 6}, f.held())
	})
}

func TestTheOthersKnowTheOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a, b := f.start(shards), f.start(shards)
		f.lead(a)
		time.Sleep(3 * period)
		for s := range shards {
			object := objectIn(s, shards)
			if a.Term(object) != nil {
				require.Empty(t, a.Owner(object))
				require.Equal(t, "operator-0:6444", b.Owner(object))
			} else {
				require.Equal(t, "operator-1:6444", a.Owner(object))
			}
		}
		b.kill()
		time.Sleep(handover)
		for s := range shards {
			require.Empty(t, a.Owner(objectIn(s, shards)), "who is gone answers nobody")
		}
	})
}

func TestKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		b := f.startTwo()
		b.kill()
		time.Sleep(duration - period - time.Millisecond)
		require.Equal(t, []int{3, 0}, f.held(), "it might come back")
		time.Sleep(handover - (duration - period - time.Millisecond))
		require.Equal(t, []int{6, 0}, f.held())
		require.Len(t, f.leases(), 1+2+shards)
		time.Sleep(forgetAfter*duration + 2*period)
		require.Len(t, f.leases(), 1+1+shards)
	})
}

// Who may not watch Leases looks at them.
func TestKilledUnwatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		f.blind = true
		b := f.startTwo()
		b.kill()
		time.Sleep(blindHandover)
		require.Equal(t, []int{6, 0}, f.held())
	})
}

// A shard that is given away is with the next one as soon as that is told.
func TestAShardMovesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		b := f.startTwo()
		time.Sleep(period / 2)
		b.terminate()
		time.Sleep(2 * period / looksPerPeriod)
		require.Equal(t, []int{6, 0}, f.held())
	})
}

// A replica that is cut off knows that it is before anybody takes what it had, and
// comes back as one that has nothing.
func TestCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		b := f.startTwo()
		b.network(true, 0)
		time.Sleep(deadline)
		require.Equal(t, []int{3, 0}, f.held())
		time.Sleep(handover - deadline)
		require.Equal(t, []int{6, 0}, f.held())
		b.network(false, 0)
		time.Sleep(deadline + 3*period)
		require.Equal(t, []int{3, 3}, f.held())
	})
}

// What was written for an object is written before its shard is another's.
func TestWorkUnderWayEndsBeforeAShardMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a := f.start(shards)
		f.lead(a)
		time.Sleep(2 * period)
		var leaves []func()
		for s := range shards {
			leave, ok := a.Term(objectIn(s, shards)).enter()
			require.True(t, ok)
			leaves = append(leaves, leave)
		}
		f.start(shards)
		time.Sleep(3 * period)
		require.Equal(t, []int{3, 0}, f.held())
		for _, leave := range leaves {
			leave()
		}
		time.Sleep(2 * period)
		require.Equal(t, []int{3, 3}, f.held())
	})
}

// Replicas with another number of shards would write for the same objects.
func TestAnotherNumberOfShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a, b := f.start(shards), f.start(shards)
		f.lead(a)
		time.Sleep(3 * period)
		c := f.start(2 * shards)
		time.Sleep(3 * period)
		require.Equal(t, []int{3, 3, 0}, f.held())
		b.terminate()
		time.Sleep(3 * period)
		require.Equal(t, []int{3, 0, 0}, f.held(), "nobody takes anything while they do not agree")
		a.terminate()
		f.lead(c)
		time.Sleep(3 * period)
		require.Equal(t, []int{0, 0, 12}, f.held())
		require.Len(t, f.leases(), 1+1+2*shards, "those of the old number are not needed any more")
	})
}

// A leader without shards writes for all objects.
func TestALeaderWithoutShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a := f.start(shards)
		f.lead(&member{Keeper: &Keeper{Identity: "operator-of-old"}})
		time.Sleep(time.Minute)
		require.Equal(t, []int{0}, f.held())
		f.lead(a)
		time.Sleep(2 * period)
		require.Equal(t, []int{6}, f.held())
	})
}

// A replica without shards asks whether others have some, before it leads.
func TestWhoIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a := f.start(shards)
		time.Sleep(period)
		atWork := func(name string) string {
			var list coordinationv1.LeaseList
			require.NoError(t, f.api.List(t.Context(), &list, client.HasLabels{Label}))
			return AtWork(list.Items, name, time.Now())
		}
		require.Equal(t, "operator-0", atWork("operator"))
		require.Empty(t, atWork("another"))
		f.lead(a)
		time.Sleep(period)
		a.network(true, 0)
		time.Sleep(duration + period)
		require.Empty(t, atWork("operator"), "shards are with nobody whose Lease has ended")
	})
}

// TestNeverTwo has replicas come, go, be cut off and be slow by chance, while each
// writes for all objects that it takes for its own.
func TestNeverTwo(t *testing.T) {
	for seed := range uint64(3) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 13))
			f := newFleet(t)
			f.lead(f.start(shards))
			for range 3 {
				f.start(shards)
			}
			over := make(chan struct{})
			var writers sync.WaitGroup
			for _, m := range f.replicas {
				for s := range shards {
					writers.Go(func() { m.writeAll(over, s, rand.New(rand.NewPCG(seed, uint64(s)))) })
				}
			}
			for range 40 {
				time.Sleep(time.Duration(random.Int64N(int64(10 * time.Second))))
				m := f.replicas[random.IntN(len(f.replicas))]
				switch random.IntN(3) {
				case 0:
					m.network(true, 0)
				case 1:
					m.network(false, time.Duration(random.Int64N(int64(6*time.Second))))
				default:
					m.network(false, 0)
				}
				f.lead(f.replicas[random.IntN(len(f.replicas))])
			}
			for _, m := range f.replicas {
				m.network(false, 0)
			}
			time.Sleep(handover + deadline)
			close(over)
			writers.Wait()
			total := 0
			for _, n := range f.held() {
				total += n
			}
			require.Equal(t, shards, total, "in the end everything is with somebody")
		})
	}
}

// writeAll writes for an object whenever it may. A write that began in time takes
// less time than others wait.
func (m *member) writeAll(over chan struct{}, shard int, random *rand.Rand) {
	object := objectIn(shard, shards)
	for {
		select {
		case <-over:
			return
		case <-time.After(time.Duration(random.Int64N(int64(time.Second)))):
		}
		term := m.Term(object)
		if term == nil {
			continue
		}
		leave, ok := term.enter()
		if !ok {
			continue
		}
		f := m.fleet
		f.mu.Lock()
		other := f.writers[shard]
		f.writers[shard] = m.Identity
		f.mu.Unlock()
		if other != "" && other != m.Identity {
			f.t.Errorf("%s and %s write for an object at once", other, m.Identity)
		}
		select {
		case <-time.After(time.Duration(random.Int64N(int64(3 * time.Second)))):
		case <-term.ctx.Done():
		}
		f.mu.Lock()
		f.writers[shard] = ""
		f.mu.Unlock()
		leave()
	}
}
