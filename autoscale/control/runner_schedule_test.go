package control_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

func TestALoopDecidesAtOnceAndThenEveryInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := &broker{level: 50}, &fleet{}
		begin := time.Now()
		go func() { _ = workload(f, newLone(b, "orders")).Run(t.Context()) }()

		synctest.Wait()
		if got := f.told(); !slices.Equal(got, []int{10}) {
			t.Errorf("told %v at once, want 10", got)
		}
		pass(time.Minute)
		if got := b.exchanges(begin); !slices.Equal(got, seconds(0, 30, 60)) {
			t.Errorf("read at %v", got)
		}
		if got := f.told(); len(got) != 1 {
			t.Errorf("told %v: nothing had changed", got)
		}
	})
}

func TestRoundsAreSpreadBySource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &control.Runner{}
		brokers := make([]broker, 100)
		for i := range brokers {
			mustSet(t, r, named(i), workload(&fleet{}, newLone(&brokers[i], "a")))
		}
		begin := start(t, r)
		pass(time.Minute - 1)

		var first, regular []time.Duration
		for i := range brokers {
			got := brokers[i].exchanges(begin)
			first, regular = append(first, got[0]), append(regular, got[len(got)-1])
			if len(got) > 3 {
				t.Errorf("a source was read at %v", got)
			}
		}
		checkEven(t, first, 0, 5*time.Second)
		checkEven(t, regular, 30*time.Second, 60*time.Second)
	})
}

// checkEven says whether the times cover from..to without crowds or gaps.
func checkEven(t *testing.T, times []time.Duration, from, to time.Duration) {
	t.Helper()
	slices.Sort(times)
	times = append(times, to)
	even := (to - from) / time.Duration(len(times))
	before := from
	for i, at := range times {
		if gap := at - before; gap > 2*even || i > 0 && gap < even/3 {
			t.Errorf("%v between %v and %v, want about %v", gap, before, at, even)
		}
		before = at
	}
}

func TestAWorkloadThatIsSetLaterIsReadSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{}
		r := &control.Runner{}
		mustSet(t, r, named(0), workload(&fleet{}, newPeer(b, "a")))
		begin := start(t, r)

		pass(11 * time.Second)
		for i := range 50 {
			mustSet(t, r, named(1+i), workload(&fleet{}, newPeer(b, fmt.Sprint(i))))
			pass(10 * time.Millisecond)
		}
		pass(time.Minute)
		if got := b.exchanges(begin); !slices.Equal(got, seconds(0, 15, 30, 60)) {
			t.Errorf("read at %v", got)
		}
		if !slices.Equal(b.batches(), []int{1, 50, 51, 51}) {
			t.Errorf("read %v peers", b.batches())
		}
	})
}

func TestPeersAreReadInOneExchangeAcrossWorkloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		shared, own := &broker{level: 50}, &broker{}
		r := &control.Runner{}
		fleets := make([]fleet, n)
		for i := range n {
			l := workload(&fleets[i], newPeer(shared, fmt.Sprint(i)))
			if i >= n/2 {
				// A second source does not keep a workload from its peers.
				l = workload(&fleets[i], newLone(own, fmt.Sprint("own-", i)), newPeer(shared, fmt.Sprint(i)))
			}
			mustSet(t, r, named(i), l)
		}
		begin := start(t, r)
		pass(time.Minute)
		if got := shared.exchanges(begin); !slices.Equal(got, seconds(0, 30, 60)) {
			t.Errorf("read at %v", got)
		}
		if !slices.Equal(shared.batches(), []int{n, n, n}) {
			t.Errorf("read %v peers", shared.batches())
		}
		for i := range n {
			if got := fleets[i].told(); !slices.Equal(got, []int{10}) {
				t.Fatalf("workload %d was told %v", i, got)
			}
		}
	})
}

func TestExchangesUnderWayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		b := &broker{gate: gate}
		r := &control.Runner{Exchanges: 4}
		for i := range 50 {
			mustSet(t, r, named(i), workload(&fleet{}, newLone(b, fmt.Sprint(i))))
		}
		begin := start(t, r)
		pass(20 * time.Second)
		if got := b.exchanges(begin); len(got) != 4 {
			t.Errorf("%d exchanges under way, want 4", len(got))
		}
		close(gate)
		synctest.Wait()
		if got := b.exchanges(begin); len(got) != 50 {
			t.Errorf("%d exchanges, want 50", len(got))
		}
	})
}

func TestASlowSourceDelaysOnlyItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := &broker{level: 50, delay: 8 * time.Second}, &broker{level: 50}
		r := &control.Runner{}
		var both, one fleet
		mustSet(t, r, named(0), workload(&one, newPeer(quick, "a")))
		mustSet(t, r, named(1), workload(&both, newPeer(quick, "b"), newPeer(slow, "c")))
		start(t, r)
		synctest.Wait()
		if one, both := one.told(), both.told(); len(one) != 1 || len(both) != 0 {
			t.Errorf("told %v and %v, want only the first to be told", one, both)
		}
		pass(8 * time.Second)
		if both := both.told(); !slices.Equal(both, []int{10}) {
			t.Errorf("told %v, want 10", both)
		}
	})
}

func TestSourcesThatFailDoNotHoldUpTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, alive := &broker{delay: time.Hour}, &broker{}
		r := &control.Runner{Exchanges: 4}
		for i := range 200 {
			mustSet(t, r, named(i), workload(&fleet{}, newLone(dead, fmt.Sprint(i))))
		}
		begin := start(t, r)
		pass(20 * time.Minute) // until each has failed
		mustSet(t, r, named(200), workload(&fleet{}, newLone(alive, "alive")))
		asked := len(dead.exchanges(begin))
		pass(10*time.Minute + 5*time.Second)
		if got := len(alive.exchanges(begin)); got < 20 {
			t.Errorf("%d exchanges in 10 minutes, want one every 30 s", got)
		}
		if got := len(dead.exchanges(begin)) - asked; got < 55 || got > 65 {
			t.Errorf("%d exchanges with the dead sources in 10 minutes, want one at a time of 10 s", got)
		}
	})
}

func TestASourceIsInOneExchangeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		b := &broker{gate: gate}
		r := &control.Runner{}
		mustSet(t, r, named(0), workload(&fleet{}, newPeer(b, "first")))
		begin := start(t, r)
		for i := range 20 {
			pass(time.Second)
			mustSet(t, r, named(1+i), workload(&fleet{}, newPeer(b, fmt.Sprint(i))))
		}
		pass(6 * time.Second)
		close(gate)
		pass(time.Second)
		if !slices.Equal(b.batches(), []int{1, 20}) {
			t.Errorf("read %v peers at %v", b.batches(), b.exchanges(begin))
		}
	})
}

func seconds(s ...int) []time.Duration {
	d := make([]time.Duration, len(s))
	for i, s := range s {
		d[i] = time.Duration(s) * time.Second
	}
	return d
}

func TestTheNextRoundBeginsWhenTheLimitsAllowMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, own := &broker{level: 5 * 50}, &broker{level: 5 * 50}
		fleets := []*fleet{{replicas: 5}, {replicas: 10}, {replicas: 10}}
		r := &control.Runner{}
		mustSet(t, r, named(0), workload(fleets[0], newPeer(b, "a")))
		mustSet(t, r, named(1), workload(fleets[1], newPeer(b, "b")))
		mustSet(t, r, named(2), workload(fleets[2], newLone(own, "c")))
		begin := start(t, r)
		pass(2 * time.Minute)
		if got := b.exchanges(begin); !slices.Equal(got, seconds(0, 15, 30, 45, 60, 90, 120)) {
			t.Errorf("read at %v", got)
		}
		if got := b.batches(); !slices.Equal(got, []int{2, 2, 2, 1, 2, 2, 2}) {
			t.Errorf("read %v peers: those that grow are to meet", got)
		}
		for i, want := range [][]int{{10, 20, 40, 50}, {20, 40, 50}, {20, 40, 50}} {
			if got := fleets[i].told(); !slices.Equal(got, want) {
				t.Errorf("worker-%d was told %v, want %v", i, got, want)
			}
		}
	})
}

func TestADecisionThatWasNotCarriedOutWaitsForTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := &broker{level: 5 * 50}, &fleet{replicas: 10, setErr: errRefused}
		r := &control.Runner{}
		mustSet(t, r, named(0), workload(f, newPeer(b, "a")))
		begin := start(t, r)
		pass(time.Minute)
		if got := b.exchanges(begin); !slices.Equal(got, seconds(0, 30, 60)) {
			t.Errorf("read at %v", got)
		}
	})
}

// A hasty Decider asks for another decision at once.
type hasty struct{ after time.Duration }

func (h hasty) Decide(in autoscale.Input) autoscale.Decision {
	return autoscale.Decision{Replicas: in.Current, Next: h.after}
}

func TestNoDecisionIsFollowedByAnotherWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soon, late, slow := &broker{}, &broker{}, &broker{delay: 4 * time.Second}
		loops := make([]control.Loop, 3)
		for i, b := range []*broker{soon, late, slow} {
			loops[i] = workload(&fleet{}, newLone(b, "a"))
			loops[i].Interval = 10 * time.Second
			loops[i].Policy = hasty{[]time.Duration{1, time.Hour, 1}[i]}
			go func() { _ = loops[i].Run(t.Context()) }()
		}
		begin := time.Now()
		pass(12 * time.Second)
		if got := soon.exchanges(begin); !slices.Equal(got, seconds(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)) {
			t.Errorf("read at %v", got)
		}
		if got := late.exchanges(begin); !slices.Equal(got, seconds(0, 10)) {
			t.Errorf("read at %v", got)
		}
		if got := slow.exchanges(begin); !slices.Equal(got, seconds(0, 4, 8, 12)) {
			t.Errorf("read at %v", got)
		}
	})
}
