package control_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

func newPushing(b *broker, queue string) *pushing {
	return &pushing{peer: peer{lone{b, queue}}, pushes: make(chan struct{})}
}

func TestAPushBringsTheNextRoundForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{}
		r := &control.Runner{}
		mustSet(t, r, named(-1), workload(&fleet{}, newLone(&broker{}, "first of all"))) // has the phase 0
		scalers := make([]*pushing, 10)
		fleets := make([]fleet, len(scalers))
		for i := range scalers {
			scalers[i] = newPushing(b, fmt.Sprint(i))
			mustSet(t, r, named(i), workload(&fleets[i], scalers[i]))
		}
		begin := start(t, r)
		pass(10 * time.Second)
		before := len(b.exchanges(begin))

		b.set(func() { b.level = 50 })
		pushed := time.Since(begin)
		for range 100 {
			for _, s := range scalers[:5] {
				s.pushes <- struct{}{}
			}
		}
		pass(100 * time.Millisecond)
		got := b.exchanges(begin)[before:]
		if len(got) != 1 || got[0]-pushed > 100*time.Millisecond {
			t.Errorf("read at %v after a burst at %v", got, pushed)
		}
		if !slices.Equal(b.batches()[before:], []int{5}) {
			t.Errorf("read %v peers, want the 5 that pushed", b.batches()[before:])
		}
		for i := range fleets {
			if got := fleets[i].told(); (len(got) == 1) != (i < 5) {
				t.Errorf("workload %d was told %v", i, got)
			}
		}
		// The regular rounds are what they were.
		pass(time.Minute)
		got = b.exchanges(begin)
		if gap := got[len(got)-1] - got[len(got)-2]; gap != 30*time.Second {
			t.Errorf("read at %v", got)
		}
	})
}

func TestPushesWithoutEndCostOneReadASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{delay: 30 * time.Millisecond}
		s := newPushing(b, "a")
		begin := time.Now()
		go func() { _ = workload(&fleet{}, s).Run(t.Context()) }()
		for time.Since(begin) < 10*time.Second {
			s.pushes <- struct{}{}
			time.Sleep(time.Millisecond)
		}
		if got := b.exchanges(begin); len(got) < 10 || len(got) > 11 {
			t.Errorf("read at %v", got)
		}
	})
}

func TestAPushRightAfterARegularRoundIsNotPutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{}
		s := newPushing(b, "a")
		r := &control.Runner{}
		mustSet(t, r, named(0), workload(&fleet{}, s))
		begin := start(t, r)
		pass(30*time.Second + time.Millisecond)
		for range 2 {
			s.pushes <- struct{}{}
			pass(500 * time.Millisecond)
		}
		pass(time.Second)
		want := []time.Duration{0, 30 * time.Second, 30*time.Second + 100*time.Millisecond, 31*time.Second + 100*time.Millisecond}
		if got := b.exchanges(begin); !slices.Equal(got, want) {
			t.Errorf("read at %v, want %v", got, want)
		}
	})
}

func TestPokeBringsTheNextRoundForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{}
		r := &control.Runner{}
		mustSet(t, r, named(0), workload(&fleet{}, newLone(b, "a")))
		r.Poke(named(0)) // before Run: nothing to bring forward
		begin := start(t, r)
		pass(7 * time.Second)
		r.Poke(named(0))
		r.Poke(named(1)) // not there
		pass(25 * time.Second)
		if got := b.exchanges(begin); !slices.Equal(got, seconds(0, 7, 30)) {
			t.Errorf("read at %v", got)
		}
	})
}

func TestAWatchThatEndsIsBegunAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		r := &control.Runner{Logger: log.logger()}
		b := &broker{}
		scalers := make([]*pushing, 3)
		for i := range scalers {
			scalers[i] = newPushing(b, fmt.Sprint(i))
			scalers[i].err = errors.New("connection lost")
			mustSet(t, r, named(i), workload(&fleet{}, scalers[i]))
		}
		start(t, r)
		pass(time.Hour)
		for _, s := range scalers {
			wait := time.Second
			for i, at := range s.watched[1:] {
				if gap := at.Sub(s.watched[i]); gap < wait/2 || gap > wait {
					t.Errorf("wait %d is %v, want %v to %v", i, gap, wait/2, wait)
				}
				wait = min(2*wait, time.Minute)
			}
		}
		if got := log.lines(); len(got) != 1 {
			t.Errorf("logged %q, want one line for the source", got)
		}
	})
}
