package control_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

func throttledFor(d time.Duration) error {
	return &scalerkit.ThrottledError{RetryAfter: d, Err: errors.New("429")}
}

func TestRetryAfterIsBelievedUpToALimit(t *testing.T) {
	for _, c := range []struct{ set, want time.Duration }{
		{0, time.Hour},
		{10 * time.Minute, 10 * time.Minute},
		{1000 * time.Hour, 36 * time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := &broker{err: throttledFor(36 * time.Hour)}
			l := workload(&fleet{}, newLone(b, "a"))
			l.MaxRetryAfter = c.set
			begin := time.Now()
			go func() { _ = l.Run(t.Context()) }()
			pass(3*c.want + 5*time.Minute)
			got := b.exchanges(begin)
			if len(got) != 4 {
				t.Errorf("with %v: read at %v, want 4 times", c.set, got)
			}
			for i, at := range got[1:] {
				if gap := at - got[i]; gap < c.want || gap > c.want+30*time.Second {
					t.Errorf("with %v: wait %d is %v, want %v", c.set, i, gap, c.want)
				}
			}
		})
	}
}

func TestTheLongestBackoffIsSettable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{err: errRefused}
		quick, slow := workload(&fleet{}, newPeer(b, "a")), workload(&fleet{}, newPeer(b, "b"))
		quick.Interval, quick.MaxBackoff = 500*time.Millisecond, time.Second
		slow.Interval = quick.Interval
		r := &control.Runner{}
		mustSet(t, r, named(0), quick)
		mustSet(t, r, named(1), slow)
		begin := start(t, r)
		pass(2 * time.Minute)
		got := b.exchanges(begin)
		for i, at := range got[1:] {
			if gap := at - got[i]; gap > 1500*time.Millisecond {
				t.Errorf("wait %d is %v, want 1.5s at most", i, gap)
			}
		}
	})
}

func TestAWatchIsBegunAnewWithinTheLongestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPushing(&broker{}, "a")
		s.err = errors.New("connection lost")
		l := workload(&fleet{}, s)
		l.MaxBackoff = 4 * time.Second
		go func() { _ = l.Run(t.Context()) }()
		pass(time.Minute)
		for i, at := range s.watched[1:] {
			if gap := at.Sub(s.watched[i]); gap > 4*time.Second {
				t.Errorf("wait %d is %v, want 4s at most", i, gap)
			}
		}
	})
}

// shunned returns a Runner with two workloads whose source has failed with err
// for a minute, and how many triggers each exchange from then on had.
func shunned(t *testing.T, err error) (r *control.Runner, b *broker, first *pushing, exchanges func() []int) {
	r, b = &control.Runner{}, &broker{err: err}
	first = newPushing(b, "first")
	mustSet(t, r, named(0), workload(&fleet{}, first))
	mustSet(t, r, named(1), workload(&fleet{}, newPeer(b, "second")))
	start(t, r)
	pass(time.Minute + time.Second)
	before := len(b.batches())
	return r, b, first, func() []int { return b.batches()[before:] }
}

// pause keeps a source alone for longer than most of these tests last.
var pause = throttledFor(30 * time.Minute)

func expectBatches(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: exchanges of %v triggers, want %v", what, got, want)
	}
}

func TestPokeOverridesABackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b, _, exchanges := shunned(t, pause)
		r.Poke(named(0))
		pass(100 * time.Millisecond)
		expectBatches(t, "poked", exchanges(), 1)
		pass(2 * time.Minute)
		expectBatches(t, "once", exchanges(), 1)

		b.set(func() { b.err = nil })
		r.Poke(named(0))
		pass(30 * time.Second)
		expectBatches(t, "the source works again", exchanges(), 1, 1, 2)
	})
}

func TestARefusalDoesNotForgetWhatTheSourceAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b, _, exchanges := shunned(t, pause)
		b.set(func() { b.err = errRefused })
		r.Poke(named(0))
		pass(20 * time.Minute)
		expectBatches(t, "poked", exchanges(), 1)
		pass(10 * time.Minute)
		if got := exchanges(); len(got) < 2 || got[1] != 2 {
			t.Errorf("exchanges of %v triggers, want one of both after half an hour", got)
		}
	})
}

func TestPokeDuringAnExchangeThatFailsOverridesTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b, _, exchanges := shunned(t, pause)
		gate := make(chan struct{})
		b.set(func() { b.gate = gate })
		r.Poke(named(0))
		pass(time.Second)
		r.Poke(named(1))
		pass(time.Second)
		close(gate)
		pass(10 * time.Second)
		expectBatches(t, "poked one after the other", exchanges(), 1, 1)

		gate = make(chan struct{})
		b.set(func() { b.gate = gate })
		r.Poke(named(0))
		pass(time.Second)
		r.Poke(named(0))
		close(gate)
		pass(10 * time.Second)
		expectBatches(t, "poked twice", exchanges(), 1, 1, 1, 1)
	})
}

func TestAChangedTriggerOverridesABackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b, first, exchanges := shunned(t, pause)
		again := workload(&fleet{}, first)
		edit(&again, func(p *autoscale.Policy) { p.Max = 7 })
		mustSet(t, r, named(0), again)
		mustSet(t, r, named(2), workload(&fleet{}, newPeer(b, "new")))
		pass(time.Minute)
		expectBatches(t, "the policy changed, and a workload is new", exchanges())

		mustSet(t, r, named(0), workload(&fleet{}, first, newPeer(b, "third")))
		pass(time.Minute)
		expectBatches(t, "one trigger changed", exchanges(), 1)
	})
}

func TestAPushOverridesABackoffButNotWhatTheSourceAskedFor(t *testing.T) {
	for _, c := range []struct {
		err  error
		want []int
	}{
		{throttledFor(30 * time.Minute), nil},
		{errRefused, []int{1}},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, b, s, _ := shunned(t, c.err)
			// The last exchange is an instant ago, so that the backoff lasts.
			r.Poke(named(1))
			pass(100 * time.Millisecond)
			before := len(b.batches())
			pass(time.Second)
			s.pushes <- struct{}{}
			pass(time.Second)
			expectBatches(t, c.err.Error(), b.batches()[before:], c.want...)
		})
	}
}
