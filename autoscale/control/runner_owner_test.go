package control_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

func mustNotSet(t *testing.T, r *control.Runner, key scalerkit.Key, l control.Loop, want string) {
	t.Helper()
	if err := r.Set(key, l); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestOnErrorOfATriggerThatIsNotThereIsAnError(t *testing.T) {
	b := &broker{}
	l := workload(&fleet{}, newLone(b, "orders"), newLone(b, "mails"))
	edit(&l, func(p *autoscale.Policy) {
		p.OnError = map[string]autoscale.OnError{
			"":            {Action: autoscale.Ignore},
			"fake-mails":  {Action: autoscale.Ignore},
			"fake-order":  {Action: autoscale.FailUp},
			"formula":     {Action: autoscale.Hold},
			"fake-orders": {Action: autoscale.Hold},
		}
	})
	const want = `OnError["fake-order"]: there is no trigger of this name, only ["fake-orders" "fake-mails"]
OnError["formula"]: there is no trigger of this name, only ["fake-orders" "fake-mails"]`
	mustNotSet(t, &control.Runner{}, named(0), l, want)
	if err := l.Run(t.Context()); err == nil || err.Error() != want {
		t.Errorf("Run: %v", err)
	}

	edit(&l, func(p *autoscale.Policy) {
		p.Combine = &autoscale.Combine{
			Func:   func(map[string]float64) (float64, error) { return 1, nil },
			Target: scalerkit.Target{Value: 1},
		}
	})
	mustNotSet(t, &control.Runner{}, named(0), l,
		`OnError["fake-order"]: there is no trigger of this name, only ["fake-orders" "fake-mails" "formula"]`)
	edit(&l, func(p *autoscale.Policy) { delete(p.OnError, "fake-order") })
	mustSet(t, &control.Runner{}, named(0), l)
}

func TestAScalerBelongsToOneTrigger(t *testing.T) {
	s := newPeer(&broker{}, "a")
	l := control.Loop{Policy: autoscale.Default(), Workload: &fleet{}, Triggers: []control.Trigger{
		{Name: "orders", Scaler: s},
		{Name: "mails", Scaler: newPeer(&broker{}, "a")},
		{Name: "again", Scaler: s},
	}}
	mustNotSet(t, &control.Runner{}, named(0), l, `trigger "again": its Scaler is that of trigger "orders", too`)
}

func TestAScalerBelongsToOneWorkload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50, delay: 5 * time.Second}
		r := &control.Runner{}
		taken, free := newPeer(b, "taken"), newPeer(b, "free")
		const want = `trigger "fake-taken": its Scaler is that of workload shop/worker-0 already`

		mustSet(t, r, named(0), workload(&fleet{}, taken))
		other := workload(&fleet{}, free, taken)
		mustNotSet(t, r, named(1), other, want)
		other.Interval = -1
		mustNotSet(t, r, named(1), other, "Interval -1ns is negative\n"+want)
		other.Interval = 0
		mustSet(t, r, named(0), workload(&fleet{}, taken)) // its own
		mustSet(t, r, named(1), workload(&fleet{}, free))  // what was not Set belongs to nobody

		start(t, r)
		pass(time.Second)
		// In a round: the one that goes and the one that comes both belong to it.
		coming := newPeer(b, "coming")
		mustSet(t, r, named(0), workload(&fleet{}, coming))
		mustNotSet(t, r, named(1), workload(&fleet{}, taken), want)
		mustNotSet(t, r, named(1), workload(&fleet{}, coming),
			`trigger "fake-coming": its Scaler is that of workload shop/worker-0 already`)
		pass(5 * time.Second)
		if b.closes("taken") != 1 || b.closes("coming") != 0 || b.closes("free") != 0 {
			t.Errorf("closed %v", b.closed)
		}

		// What has been closed is nobody's.
		<-r.Delete(named(0))
		mustSet(t, r, named(1), workload(&fleet{}, taken, coming))
	})
}

// A fixed is a Scaler that is a value, so that equal ones are not the same.
type fixed struct{ level float64 }

func (fixed) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "constant", Target: scalerkit.Target{Value: 5}}
}
func (c fixed) Read(context.Context) (scalerkit.Reading, error) {
	return scalerkit.Reading{Value: c.level}, nil
}
func (fixed) Close() error { return nil }

func TestEqualValuesAreNotOneScaler(t *testing.T) {
	var r control.Runner
	l := control.Loop{Policy: autoscale.Default(), Workload: &fleet{}, Triggers: []control.Trigger{
		{Name: "day", Scaler: fixed{50}},
		{Name: "night", Scaler: fixed{50}},
	}}
	mustSet(t, &r, named(0), l)
	mustSet(t, &r, named(1), l)
}

// A closable is a Scaler that keeps to the contract once it is closed.
type closable struct {
	lone
	closed atomic.Bool
}

func newClosable(b *broker, queue string) *closable { return &closable{lone: lone{b, queue}} }

func (s *closable) Read(ctx context.Context) (scalerkit.Reading, error) {
	if s.closed.Load() {
		return scalerkit.Reading{}, scalerkit.ErrClosed
	}
	return s.lone.Read(ctx)
}

func (s *closable) Close() error {
	s.closed.Store(true)
	return s.lone.Close()
}

const closedElsewhere = `trigger "fake-a": somebody else has closed its Scaler: scaler is closed`

func TestALoopIsRunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := &broker{level: 50}, &fleet{}
		l := workload(f, newLone(b, "other"), newClosable(b, "a"))
		edit(&l, func(p *autoscale.Policy) { p.OnError = map[string]autoscale.OnError{"": {Action: autoscale.FailUp}} })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := l.Run(ctx)
		if err == nil || err.Error() != closedElsewhere || !errors.Is(err, scalerkit.ErrClosed) {
			t.Errorf("second Run: %v", err)
		}
		if got := f.told(); !slices.Equal(got, []int{10}) {
			t.Errorf("told %v, want nothing by the second Run", got)
		}
	})
}

func TestAScalerThatSomebodyElseClosesEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		s := newClosable(&broker{}, "a")
		l := workload(&fleet{}, s)
		l.Logger = log.logger()
		done := make(chan error, 1)
		go func() { done <- l.Run(t.Context()) }()
		pass(45 * time.Second)
		_ = s.Close()
		pass(20 * time.Second)
		select {
		case err := <-done:
			if err == nil || err.Error() != closedElsewhere {
				t.Errorf("got %v", err)
			}
		default:
			t.Error("Run goes on")
		}
		log.expect(t) // who ran it has the error
	})
}

func TestInARunnerAClosedScalerIsOneWorkloadsMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		r := &control.Runner{Logger: log.logger()}
		s, f := newClosable(&broker{}, "a"), &fleet{}
		_ = s.Close()
		b := &broker{level: 50}
		mustSet(t, r, named(0), workload(&fleet{}, s))
		mustSet(t, r, named(1), workload(f, newLone(b, "b")))
		start(t, r)
		pass(45 * time.Second)
		b.set(func() { b.level = 100 })
		pass(time.Minute)
		if got := f.told(); !slices.Equal(got, []int{10, 20}) {
			t.Errorf("told %v, want 10 and 20", got)
		}
		if got := log.lines(); len(got) != 3 ||
			got[0] != `level=WARN msg="cannot read the trigger" namespace=shop name=worker-0 trigger=fake-a metric=fake-a kind=closed error="scaler is closed"` {
			t.Errorf("logged %q", got)
		}
	})
}
