package control_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

func TestAnOutageCostsOneExchangeForEachStepOfTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		var log journal
		b := &broker{err: fmt.Errorf("read: %w", errRefused)}
		r := &control.Runner{Logger: log.logger()}
		var observed diary
		for i := range n {
			l := workload(&fleet{replicas: 3}, newPeer(b, fmt.Sprint(i)))
			edit(&l, func(p *autoscale.Policy) { p.Cooldown, p.InitialCooldown = time.Hour, time.Hour })
			edit(&l, func(p *autoscale.Policy) { p.Down.Select = autoscale.Disabled })
			if i == 7 {
				l.Observe = observed.observe
			}
			mustSet(t, r, named(i), l)
		}
		begin := start(t, r)
		pass(30*time.Minute - 1)

		for _, peers := range b.batches() {
			if peers != n {
				t.Errorf("an exchange with %d peers, want %d", peers, n)
			}
		}
		got := b.exchanges(begin)
		want := 30 * time.Second
		for i, at := range got[1:] {
			if gap := at - got[i]; gap < want/2 || gap > want+30*time.Second {
				t.Errorf("wait %d is %v, want about %v", i, gap, want)
			}
			want = min(2*want, time.Minute)
		}
		if len(got) < 8 {
			t.Errorf("tried at %v, want more often", got)
		}

		rounds, last := observed.read()
		if len(rounds) != 60 || last.Decision.State.Failures["fake-7"] != 60 {
			t.Errorf("%d rounds, failures %v, want 60 of each", len(rounds), last.Decision.State.Failures)
		}
		skipped := 0
		for _, round := range rounds {
			err := round.Samples[0].Err
			if !errors.Is(err, errRefused) {
				t.Errorf("sample has %v", err)
			}
			if backoff := (*control.BackoffError)(nil); errors.As(err, &backoff) {
				skipped++
				if !backoff.Until.After(round.Time) || backoff.Failures == 0 {
					t.Errorf("at %v: %v", round.Time, err)
				}
			}
		}
		if want := len(rounds) - len(got); skipped != want {
			t.Errorf("%d rounds with a BackoffError, want %d", skipped, want)
		}
		if last.Decision.Replicas != 3 || last.Err != nil {
			t.Errorf("decided %v, %v", last.Decision, last.Err)
		}
		log.expect(t, `level=WARN msg="cannot read the source" namespace=shop name=worker-N trigger=fake-N metric=fake-N`+
			` triggers=200 kind=failed error="read: dial tcp 192.0.2.1:5672: connection refused"`)

		b.set(func() { b.err = errors.Join(scalerkit.ErrThrottled) })
		pass(6 * time.Minute)
		log.expect(t, `level=WARN msg="cannot read the source" namespace=shop name=worker-N trigger=fake-N metric=fake-N`+
			` triggers=200 kind=throttled error=throttled`)

		b.set(func() { b.err = nil })
		asked := len(b.exchanges(begin))
		for len(b.exchanges(begin)) == asked {
			pass(time.Second)
		}
		log.expect(t, `level=INFO msg="can read the source again" namespace=shop name=worker-N trigger=fake-N metric=fake-N`+
			` triggers=200 after=`+b.exchanges(begin)[asked].String())
		_, last = observed.read()
		if last.Samples[0].Err != nil || last.Decision.State.Failures != nil {
			t.Errorf("after the outage: %v, %v", last.Samples[0].Err, last.Decision.State.Failures)
		}
		count := len(b.exchanges(begin))
		pass(2 * time.Minute)
		if got := len(b.exchanges(begin)) - count; got != 4 {
			t.Errorf("%d exchanges in 2 minutes after the outage, want 4", got)
		}
	})
}

func TestBackoffErrorText(t *testing.T) {
	err := &control.BackoffError{Until: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)), Failures: 1, Err: errRefused}
	const once = "left alone until 2026-01-02T02:04:05Z after the source failed once: dial tcp 192.0.2.1:5672: connection refused"
	if got := err.Error(); got != once {
		t.Errorf("got %q", got)
	}
	err.Failures = 3
	const thrice = "left alone until 2026-01-02T02:04:05Z after the source failed 3 times: dial tcp 192.0.2.1:5672: connection refused"
	if got := err.Error(); got != thrice {
		t.Errorf("got %q", got)
	}
}

func TestTheFirstFailureCostsOneRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := &broker{level: 50, err: errRefused}, &fleet{}
		r := &control.Runner{}
		mustSet(t, r, named(0), workload(f, newPeer(b, "a")))
		start(t, r)
		pass(time.Second)
		b.set(func() { b.err = nil })
		pass(29 * time.Second)
		if got := f.told(); !slices.Equal(got, []int{10}) {
			t.Errorf("told %v after 30 s, want 10", got)
		}
	})
}

func TestAnExchangeLongerThanTheIntervalIsFollowedByAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{delay: time.Hour}
		l := workload(&fleet{}, newLone(b, "a"))
		l.Interval = 4 * time.Second
		begin := time.Now()
		go func() { _ = l.Run(t.Context()) }()
		pass(time.Minute)
		got := b.exchanges(begin)
		for i, at := range got[1:] {
			if gap := at - got[i]; gap < 12*time.Second {
				t.Errorf("tried at %v, want a pause after each 10 s", got)
			}
		}
	})
}

func TestKindsOfFailuresAreTold(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind string
	}{
		{scalerkit.ErrDenied, "denied"},
		{scalerkit.ErrNotFound, `"not found"`},
		{&scalerkit.ThrottledError{Err: errRefused}, "throttled"},
		{scalerkit.ErrClosed, "closed"},
		{context.Canceled, "canceled"},
		{fmt.Errorf("read: %w", os.ErrDeadlineExceeded), `"timed out"`},
		{errRefused, "failed"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log journal
			b := &broker{errs: map[string]error{"bad": c.err}}
			r := &control.Runner{Logger: log.logger()}
			mustSet(t, r, scalerkit.Key{Name: "one"}, workload(&fleet{}, newPeer(b, "good"), newPeer(b, "bad")))
			start(t, r)
			pass(time.Second)
			if got := log.lines(); len(got) != 1 || !strings.Contains(got[0], " kind="+c.kind+" ") {
				t.Errorf("for %v logged %q", c.err, got)
			}
		})
	}
}

func TestAThrottledSourceIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		b.errs = map[string]error{"b": &scalerkit.ThrottledError{RetryAfter: 10 * time.Minute, Err: errors.New("429")}}
		r := &control.Runner{}
		var first, second fleet
		mustSet(t, r, named(0), workload(&first, newPeer(b, "a")))
		mustSet(t, r, named(1), workload(&second, newPeer(b, "b")))
		begin := start(t, r)
		pass(11 * time.Minute)
		if got := b.exchanges(begin); !slices.Equal(got, []time.Duration{0, 10*time.Minute + 30*time.Second}) && !slices.Equal(got, []time.Duration{0, 10 * time.Minute}) {
			t.Errorf("read at %v", got)
		}
		if got := first.told(); !slices.Equal(got, []int{10}) {
			t.Errorf("told %v, want 10: its own reading was good", got)
		}
	})
}

func TestWhatIsOneTriggersMatterDoesNotBackOffItsPeers(t *testing.T) {
	for _, refusal := range []error{scalerkit.ErrNotFound, scalerkit.ErrDenied, errors.New("syntax error")} {
		synctest.Test(t, func(t *testing.T) {
			var log journal
			b := &broker{errs: map[string]error{"b": fmt.Errorf("get queue: %w", refusal)}}
			r := &control.Runner{Logger: log.logger()}
			mustSet(t, r, named(0), workload(&fleet{}, newPeer(b, "a")))
			mustSet(t, r, named(1), workload(&fleet{}, newPeer(b, "b")))
			begin := start(t, r)
			pass(3 * time.Minute)
			if got := b.exchanges(begin); !slices.Equal(got, seconds(0, 30, 60, 90, 120, 150, 180)) {
				t.Errorf("with %v: read at %v", refusal, got)
			}
			if got := log.lines(); len(got) != 1 {
				t.Errorf("logged %q", got)
			}
			b.set(func() { b.errs = nil })
			pass(time.Minute)
			log.expect(t, `level=INFO msg="can read the trigger again" namespace=shop name=worker-N trigger=fake-b metric=fake-b after=3m30s`)
		})
	}
}

func TestAMissingQueueIsLookedForEveryInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{err: scalerkit.ErrNotFound}
		begin := time.Now()
		go func() { _ = workload(&fleet{}, newLone(b, "a")).Run(t.Context()) }()
		pass(2 * time.Minute)
		if got := b.exchanges(begin); !slices.Equal(got, seconds(0, 30, 60, 90, 120)) {
			t.Errorf("read at %v", got)
		}
	})
}

func TestAnExchangeHasATimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		b := &broker{delay: time.Hour}
		l := workload(&fleet{}, newLone(b, "a"))
		l.Logger = log.logger()
		go func() { _ = l.Run(t.Context()) }()
		pass(11 * time.Second)
		log.expect(t, `level=WARN msg="cannot read the source" trigger=fake-a metric=fake-a triggers=1 kind="timed out" error="no answer within 10s: context deadline exceeded"`)
	})
}

func TestAWorkloadThatFailsIsTriedAgainAndLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		var observed diary
		b, f := &broker{level: 50}, &fleet{setErr: errors.New("conflict")}
		l := workload(f, newLone(b, "a"))
		l.Logger = log.logger()
		l.Observe = observed.observe
		go func() { _ = l.Run(t.Context()) }()
		pass(time.Minute)
		if got := f.told(); !slices.Equal(got, []int{10, 10, 10}) {
			t.Errorf("told %v, want 10 in each of 3 rounds", got)
		}
		rounds, _ := observed.read()
		for _, r := range rounds {
			if !r.Decided || r.Current != 0 || r.Decision.Replicas != 10 || r.Decision.State.ScaleUps != nil {
				t.Errorf("round %+v", r)
			}
			if r.Err == nil || r.Err.Error() != "set the replicas: conflict" {
				t.Errorf("round has error %v", r.Err)
			}
		}
		log.expect(t, `level=WARN msg="cannot set the replicas" kind=failed error=conflict`)

		f.set(func() { f.getErr = scalerkit.ErrDenied })
		pass(time.Minute)
		log.expect(t, `level=WARN msg="cannot get the replicas" kind=denied error="access denied"`)
		_, undecided := observed.read()
		if undecided.Decided || undecided.Err.Error() != "get the replicas: access denied" ||
			undecided.Decision.State.LastActive.IsZero() || len(undecided.Samples) != 1 {
			t.Errorf("round %+v", undecided)
		}

		f.set(func() { f.getErr, f.setErr = nil, nil })
		pass(30 * time.Second)
		log.expect(t, `level=INFO msg="can get the replicas again" after=2m30s`,
			`level=INFO msg=scaled from=0 to=10 active=true reasons="Metric fake-a: 0 -> 10: 50 / 5 per replica = 10; Activated fake-a: 10 -> 10: active, at least 1"`)
		pass(time.Hour)
		log.expect(t)
	})
}

func TestASlowWorkloadHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		r := &control.Runner{Decisions: 2}
		slow := &fleet{delay: time.Hour}
		fleets := make([]fleet, 20)
		mustSet(t, r, named(-1), workload(slow, newPeer(b, "slow")))
		for i := range fleets {
			mustSet(t, r, named(i), workload(&fleets[i], newPeer(b, fmt.Sprint(i))))
		}
		start(t, r)
		synctest.Wait()
		for i := range fleets {
			if got := fleets[i].told(); !slices.Equal(got, []int{10}) {
				t.Errorf("workload %d was told %v", i, got)
			}
		}
		pass(time.Minute)
		if got := slow.told(); len(got) != 3 {
			t.Errorf("the slow one was told %v, want once in each of 3 rounds", got)
		}
	})
}
