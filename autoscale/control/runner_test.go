package control_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

func TestDeleteDuringAnExchangeDisturbsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50, delay: 5 * time.Second}
		r := &control.Runner{}
		var deleted, stays fleet
		mustSet(t, r, named(0), workload(&deleted, newPeer(b, "deleted")))
		mustSet(t, r, named(1), workload(&stays, newPeer(b, "stays")))
		start(t, r)
		pass(time.Second)

		done := r.Delete(named(0))
		pass(time.Second)
		select {
		case <-done:
			t.Error("done during the exchange")
		default:
		}
		if n := b.closes("deleted"); n != 0 {
			t.Error("closed during the exchange")
		}
		<-done
		pass(time.Second)
		if n := b.closes("deleted"); n != 1 {
			t.Errorf("closed %d times", n)
		}
		if got := deleted.told(); got != nil {
			t.Errorf("the deleted workload was told %v", got)
		}
		if got := stays.told(); !slices.Equal(got, []int{10}) {
			t.Errorf("the other workload was told %v", got)
		}
		pass(time.Minute)
		if got := b.batches(); !slices.Equal(got, []int{2, 1, 1}) {
			t.Errorf("read %v peers", got)
		}
	})
}

func TestAWorkloadMayBeSetAnewWhileItsLastRoundEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		r := &control.Runner{}
		f := &alone{fleet: fleet{delay: 5 * time.Second}}
		mustSet(t, r, named(0), workload(f, newPeer(b, "old")))
		begin := start(t, r)
		pass(time.Second)
		first, second := r.Delete(named(0)), r.Delete(named(0))
		mustSet(t, r, named(0), workload(f, newPeer(b, "dropped")))
		third := r.Delete(named(0))
		var observed diary
		l := workload(f, newPeer(b, "new"))
		l.Observe = observed.observe
		mustSet(t, r, named(0), l)
		if b.closes("old") != 0 || b.closes("dropped") != 1 {
			t.Errorf("closed %v during the last round", b.closed)
		}
		<-first
		<-second
		<-third
		pass(20 * time.Second)
		if b.closes("old") != 1 || b.closes("new") != 0 {
			t.Errorf("closed %v after it", b.closed)
		}
		if _, last := observed.read(); last.Err != nil || !last.Decision.State.Since.After(begin.Add(time.Second)) {
			t.Errorf("round %+v, want a state of its own", last)
		}
	})
}

func TestDeleteBetweenRoundsIsDoneAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{}
		r := &control.Runner{}
		<-r.Delete(named(0)) // not there
		mustSet(t, r, named(0), workload(&fleet{}, newPeer(b, "before Run")))
		<-r.Delete(named(0))
		begin := start(t, r)
		mustSet(t, r, named(0), workload(&fleet{}, newPeer(b, "during Run")))
		pass(6 * time.Second)
		<-r.Delete(named(0))
		if b.closes("before Run") != 1 || b.closes("during Run") != 1 {
			t.Errorf("closed %v", b.closed)
		}
		pass(time.Hour)
		if got := b.exchanges(begin); len(got) != 1 {
			t.Errorf("read at %v", got)
		}
	})
}

func TestSetReplacesTheLoopAndKeepsTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := &broker{level: 50}, &fleet{}
		r := &control.Runner{}
		kept, dropped := newPeer(b, "kept"), newPeer(b, "dropped")
		mustSet(t, r, named(0), workload(f, kept, dropped))
		start(t, r)
		pass(time.Minute)

		b.set(func() { b.level = 0 })
		l := workload(f, newLone(b, "new"), kept)
		edit(&l, func(p *autoscale.Policy) { p.Cooldown = 10 * time.Minute })
		l.State = autoscale.State{LastActive: time.Now().Add(-time.Hour)} // is not what counts
		var observed diary
		l.Observe = observed.observe
		mustSet(t, r, named(0), l)
		if b.closes("kept") != 0 || b.closes("dropped") != 1 {
			t.Errorf("closed %v", b.closed)
		}
		pass(5 * time.Second)
		if _, last := observed.read(); len(last.Samples) != 2 || last.Samples[0].Trigger != "fake-new" {
			t.Errorf("samples %+v within 5 s", last.Samples)
		}
		pass(9 * time.Minute)
		if got := f.told(); slices.Contains(got, 0) {
			t.Errorf("told %v: the cooldown was forgotten", got)
		}
		pass(2 * time.Minute)
		if got := f.told(); !slices.Contains(got, 0) {
			t.Errorf("told %v, want 0 after the cooldown", got)
		}
	})
}

func TestSetDuringARoundTakesEffectAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50, delay: 5 * time.Second}
		r := &control.Runner{}
		var before, after fleet
		kept := newPeer(b, "kept")
		mustSet(t, r, named(0), workload(&before, kept, newPeer(b, "first")))
		start(t, r)
		pass(time.Second)
		mustSet(t, r, named(0), workload(&fleet{}, newPeer(b, "second")))
		mustSet(t, r, named(0), workload(&after, newPeer(b, "third"), kept))
		if b.closes("first") != 0 || b.closes("second") != 1 || b.closes("kept") != 0 {
			t.Errorf("closed %v during the round", b.closed)
		}
		pass(5 * time.Second)
		if b.closes("first") != 1 || b.closes("third") != 0 || b.closes("kept") != 0 {
			t.Errorf("closed %v after the round", b.closed)
		}
		pass(10 * time.Second)
		if before, after := before.told(), after.told(); before != nil || !slices.Equal(after, []int{10}) {
			t.Errorf("told %v and then %v, want only the second Loop to tell 10", before, after)
		}
	})
}

func TestTheStateOfAnEarlierRunIsGoneOnFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{replicas: 3}
		l := workload(f, newLone(&broker{}, "a"))
		l.State = autoscale.State{Since: time.Now().Add(-time.Hour), LastActive: time.Now().Add(-4 * time.Minute)}
		go func() { _ = l.Run(t.Context()) }()
		pass(59 * time.Second)
		if got := f.told(); !slices.Equal(got, []int{1}) {
			t.Errorf("told %v during the cooldown", got)
		}
		pass(2 * time.Second)
		if got := f.told(); !slices.Equal(got, []int{1, 0}) {
			t.Errorf("told %v after the cooldown", got)
		}
	})
}

func TestObserveMayUseTheRunner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{}
		r := &control.Runner{}
		var done <-chan struct{}
		l := workload(&fleet{}, newLone(b, "a"))
		l.Observe = func(round control.Round) { done = r.Delete(round.Key) }
		mustSet(t, r, named(0), l)
		start(t, r)
		pass(time.Second)
		<-done
		if b.closes("a") != 1 {
			t.Errorf("closed %v", b.closed)
		}
	})
}

// A panic in the one is not in the way of the other.
func TestTheRunnersObserveSeesEveryRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all, own diary
		b := &broker{level: 50}
		r := &control.Runner{Observe: func(r control.Round) {
			all.observe(r)
			if r.Key == named(1) {
				panic("observe")
			}
		}}
		for i := range 3 {
			l := workload(&fleet{}, newPeer(b, fmt.Sprint(i)))
			l.Interval = 10 * time.Second
			if i == 1 {
				l.Observe = own.observe
			}
			mustSet(t, r, named(i), l)
		}
		start(t, r)
		pass(time.Minute)
		rounds, _ := all.read()
		seen := map[scalerkit.Key]int{}
		for i := range rounds {
			seen[rounds[i].Key]++
			if len(rounds[i].Samples) != 1 || rounds[i].Decision.Replicas != 10 {
				t.Errorf("round %+v", rounds[i])
			}
		}
		mine, _ := own.read()
		if n := len(mine); n < 5 || seen[named(0)] < 5 || seen[named(1)] != n || seen[named(2)] < 5 {
			t.Errorf("the Runner saw %v, and the loop %d", seen, n)
		}
	})
}

func TestSetReportsEveryProblem(t *testing.T) {
	var r control.Runner
	b := &broker{}
	l := control.Loop{
		Policy:   autoscale.Default(),
		Interval: -1,
		Triggers: []control.Trigger{
			{Name: "orders"},
			{Name: "orders", Scaler: newPeer(b, "a")},
			{Name: "orders", Scaler: newPeer(b, "b")},
			{Name: "formula", Scaler: incomparable{newPeer(b, "c")}},
		},
	}
	edit(&l, func(p *autoscale.Policy) {
		p.Combine = &autoscale.Combine{
			Func:   func(map[string]float64) (float64, error) { return 1, nil },
			Target: scalerkit.Target{Value: 1},
		}
	})
	const want = `trigger "formula": this is the name of the combined value
Workload is not set
Interval -1ns is negative
trigger 0: Scaler is not set
trigger 2: another is named "orders", too
trigger "formula": its BatchKey, a []int, is not comparable`
	if err := r.Set(named(0), l); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if b.closed != nil {
		t.Errorf("closed %v, which still are the caller's", b.closed)
	}
	if err := (control.Loop{}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "Triggers is empty") {
		t.Errorf("got %v", err)
	}
}

// incomparable breaks the contract of scalerkit.Batcher.
type incomparable struct{ *peer }

func (incomparable) BatchKey() any { return []int{1} }

func TestRunLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	b := &broker{level: 50, delay: time.Hour}
	quick := &broker{level: 50}
	slow := &fleet{delay: time.Hour}
	var log journal
	r := &control.Runner{Exchanges: 3, Logger: log.logger()}
	const n = 100
	mustSet(t, r, named(n), workload(slow, newPeer(quick, "quick"))) // is the first, and read at once
	for i := range n {
		mustSet(t, r, named(i), workload(&fleet{}, newPushing(b, fmt.Sprint(i)), newLone(b, fmt.Sprint("lone-", i))))
	}
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	for len(slow.told()) == 0 || len(b.exchanges(time.Time{})) == 0 {
		time.Sleep(time.Millisecond)
	}
	deleted := r.Delete(named(0))
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-deleted
	for i := range n {
		if b.closes(fmt.Sprint(i)) != 1 || b.closes(fmt.Sprint("lone-", i)) != 1 {
			t.Fatalf("closed %v, want each once", b.closed)
		}
	}
	log.expect(t) // that everything fails then is no news

	l := workload(&fleet{}, newPeer(b, "late"))
	if err := r.Set(named(0), l); err == nil || err.Error() != "the Runner has ended" {
		t.Errorf("Set after Run: %v", err)
	}
	if err := r.Run(t.Context()); err == nil || err.Error() != "the Runner has been run before" {
		t.Errorf("second Run: %v", err)
	}
	<-r.Delete(named(1))
	r.Poke(named(1))
}

// alone fails when the workload is used by two rounds at once.
type alone struct {
	fleet
	using sync.Mutex
}

var errTwice = errors.New("two rounds at once")

func (a *alone) SetReplicas(ctx context.Context, n int) error {
	if !a.using.TryLock() {
		return errTwice
	}
	defer a.using.Unlock()
	return a.fleet.SetReplicas(ctx, n)
}

func TestSetDeleteAndPokeAtAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		r := &control.Runner{Exchanges: 2, Decisions: 4, Logger: log.logger()}
		brokers := [3]broker{{level: 50}, {level: 20, delay: 300 * time.Millisecond}, {err: errRefused}}
		workloads := make([]alone, 10)
		for i := range workloads {
			workloads[i].delay = 50 * time.Millisecond
		}
		start(t, r)
		var wait sync.WaitGroup
		opened := make([]int, 8)
		for g := range opened {
			wait.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(g)))
				for range 300 {
					i := random.IntN(len(workloads))
					switch random.IntN(6) {
					case 0:
						done := r.Delete(named(i))
						if random.IntN(2) == 0 {
							<-done
						}
					case 1, 2:
						b := &brokers[random.IntN(len(brokers))]
						own := fmt.Sprint(g, "-", opened[g])
						opened[g]++
						l := workload(&workloads[i], newPushing(b, own), newLone(&brokers[0], "lone-"+own))
						l.Interval = time.Duration(1+random.IntN(3)) * time.Second
						mustSet(t, r, named(i), l)
					case 3:
						r.Poke(named(i))
					}
					time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
				}
			})
		}
		wait.Wait()
		for i := range workloads {
			<-r.Delete(named(i))
		}
		pass(time.Minute)
		for g, n := range opened {
			for k := range n {
				own, closed := fmt.Sprint(g, "-", k), 0
				for i := range brokers {
					closed += brokers[i].closes(own)
				}
				if closed != 1 || brokers[0].closes("lone-"+own) != 1 {
					t.Errorf("scalers %s were closed %d and %d times, want once", own, closed, brokers[0].closes("lone-"+own))
				}
			}
		}
		for _, line := range log.lines() {
			if strings.Contains(line, errTwice.Error()) {
				t.Error(line)
			}
		}
	})
}
