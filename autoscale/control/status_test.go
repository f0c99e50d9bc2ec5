package control_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// halfReady is a fleet of which every second replica is ready.
type halfReady struct{ *fleet }

func (f halfReady) Ready(ctx context.Context) (int, error) {
	n, err := f.Replicas(ctx)
	return n / 2, err
}

func TestTheLastRoundIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50, errs: map[string]error{"refunds": scalerkit.ErrDenied}}
		r := &control.Runner{KeepRounds: true}
		l := workload(halfReady{&fleet{}}, newPeer(b, "orders"), newPeer(b, "refunds"))
		var observed diary
		l.Observe = func(round control.Round) {
			kept, ok := r.LastRound(named(0))
			assert.True(t, ok)
			assert.Equal(t, round, kept)
			observed.observe(round)
		}
		mustSet(t, r, named(0), l)
		mustSet(t, r, named(1), workload(&fleet{}, newPeer(b, "mails")))
		_, ok := r.LastRound(named(0))
		assert.False(t, ok, "before the first")
		start(t, r)
		pass(time.Minute + 20*time.Second)

		rounds, last := observed.read()
		assert.Len(t, rounds, 3)
		kept, ok := r.LastRound(named(0))
		assert.True(t, ok)
		assert.Equal(t, last, kept)
		other, ok := r.LastRound(named(1))
		assert.True(t, ok, "without Observe")
		assert.Equal(t, 10, other.Decision.Replicas)
		_, ok = r.LastRound(named(2))
		assert.False(t, ok, "nobody knows it")

		mustSet(t, r, named(0), l)
		_, ok = r.LastRound(named(0))
		assert.True(t, ok, "the workload is the same")
		<-r.Delete(named(0))
		_, ok = r.LastRound(named(0))
		assert.False(t, ok, "after the workload")
	})
}

func TestARunnerThatIsNotToldToKeepsNoRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &control.Runner{}
		mustSet(t, r, named(0), workload(&fleet{}, newPeer(&broker{}, "orders")))
		start(t, r)
		pass(20 * time.Second)
		_, ok := r.LastRound(named(0))
		assert.False(t, ok)
	})
}

// A Round has all that its decision was made of, whatever became of it.
func TestADecisionCanBeMadeAgainFromItsRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		f := &fleet{}
		var observed diary
		l := workload(halfReady{f}, newPeer(b, "orders"), newPeer(b, "refunds"))
		l.Observe = observed.observe
		j := jobs(&farm{}, newPeer(b, "orders"))
		var ofJobs diary
		j.Observe = ofJobs.observe
		r := &control.Runner{}
		mustSet(t, r, named(0), l)
		mustSet(t, r, named(1), j)
		start(t, r)
		pass(15 * time.Second)
		for i, level := range []float64{50, 80, 0, 300, 2} {
			b.set(func() {
				b.level, b.errs = level, nil
				if i == 2 {
					b.errs = map[string]error{"refunds": scalerkit.ErrDenied}
				}
			})
			f.set(func() {
				f.setErr = nil
				if i == 3 {
					f.setErr = errRefused
				}
			})
			pass(time.Minute)
		}

		rounds, _ := observed.read()
		require.Len(t, rounds, 11)
		for _, round := range rounds {
			d := l.Policy.Decide(round.Input())
			if round.Err != nil {
				require.NotEqual(t, d.State.ScaleUps, round.Decision.State.ScaleUps)
				d.State.ScaleUps, d.State.ScaleDowns = round.Before.ScaleUps, round.Before.ScaleDowns
			}
			require.Equal(t, d, round.Decision)
		}
		rounds, _ = ofJobs.read()
		require.Len(t, rounds, 11)
		for _, round := range rounds {
			require.Equal(t, j.Jobs.Policy.Decide(round.JobInput()), round.Job)
		}
	})
}

func TestTheSourcesOfAWorkload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, bad := &broker{level: 50}, &broker{err: errRefused}
		r := &control.Runner{}
		l := workload(&fleet{}, newPeer(b, "orders"), newLone(b, "alone"), newPeer(bad, "down"))
		l.Triggers[0].Name = "first"
		mustSet(t, r, named(0), l)
		mustSet(t, r, named(1), workload(&fleet{}, newPeer(b, "mails")))
		assert.Equal(t, []control.SourceStatus{
			{Trigger: "first", Peers: 2}, {Trigger: "fake-alone", Peers: 1}, {Trigger: "fake-down", Peers: 1},
		}, r.Sources(named(0)))
		assert.Nil(t, r.Sources(named(2)))

		start(t, r)
		pass(20 * time.Second)
		got := r.Sources(named(0))
		assert.Equal(t, []control.SourceStatus{{Trigger: "first", Peers: 2}, {Trigger: "fake-alone", Peers: 1}}, got[:2])
		assert.Equal(t, 1, got[2].Failures)
		assert.Equal(t, errRefused, got[2].Err)
		assert.WithinRange(t, got[2].Until, time.Now().Add(-20*time.Second), time.Now().Add(30*time.Second))

		pass(5 * time.Minute)
		assert.Greater(t, r.Sources(named(0))[2].Failures, 2)
		bad.set(func() { bad.err = nil })
		r.Poke(named(0))
		pass(2 * time.Second)
		assert.Equal(t, control.SourceStatus{Trigger: "fake-down", Peers: 1}, r.Sources(named(0))[2])
	})
}

// For the race detector.
func TestARunnerCanBeAskedAtAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50, delay: time.Millisecond}
		r := &control.Runner{KeepRounds: true}
		start(t, r)
		var wait sync.WaitGroup
		for i := range 4 {
			wait.Go(func() {
				for range 100 {
					time.Sleep(10 * time.Millisecond)
					r.Sources(named(1 - i%2))
					if round, ok := r.LastRound(named(1 - i%2)); ok {
						assert.Equal(t, autoscale.Default().Decide(round.Input()).Replicas, round.Decision.Replicas)
					}
					if i < 2 {
						l := workload(&fleet{}, newPeer(b, "orders"))
						l.Interval = 10 * time.Millisecond
						mustSet(t, r, named(i), l)
					}
				}
			})
		}
		wait.Wait()
	})
}
