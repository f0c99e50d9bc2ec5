package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// However often workers are stopped in the middle of their work, each message
// comes out once.
func TestPoolStopsWorkersInTheMiddle(t *testing.T) {
	brokers(t, func(t *testing.T, flags ...string) {
		t.Parallel()
		cfg, err := parse(flags)
		if err != nil {
			t.Fatal(err)
		}
		b, err := open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}()
		p := &pool{connect: b.Connect, work: 20 * time.Millisecond, fail: func(err error) { t.Error(err) }}
		defer p.stop(t.Context())
		pace := 40 * time.Millisecond
		if cfg.kafka != nil { // whose group has to come together between two changes to get on
			p.work, pace = 100*time.Millisecond, time.Second
		}

		var books ledger
		published := 0
		var deadline time.Time
		publish := func() {
			var messages []string
			for range 300 {
				published++
				messages = append(messages, fmt.Sprintf("message %d, with ümläüts", published))
			}
			books.publish(messages)
			if err := b.Publish(t.Context(), messages); err != nil {
				t.Fatal(err)
			}
			deadline = time.Now().Add(30 * time.Second)
		}
		publish()
		stopped := 0
		for (books.balance().open() > 0 || stopped < 10) && time.Now().Before(deadline) {
			if books.balance().open() == 0 { // a machine that is slow to stop workers needs more work for them
				publish()
			}
			before, _ := p.Replicas(t.Context())
			n := rand.N(12)
			stopped += max(before-n, 0)
			if err := p.SetReplicas(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			time.Sleep(rand.N(pace))
			results, err := b.TakeResults(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			books.verify(results)
		}
		p.stop(t.Context())
		results, err := b.TakeResults(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rest, err := b.TakeRest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		books.verify(results)
		books.leave(rest)
		if got, want := books.balance(), (balance{published: published, verified: published}); got != want {
			t.Errorf("%+v", got)
		}
		if n, _ := p.transformed(); n != published {
			t.Errorf("transformed %d of %d", n, published)
		}
		if stopped < 10 {
			t.Errorf("only %d workers were stopped", stopped)
		}
	})
}

func TestPoolIsToldWhatFails(t *testing.T) {
	failed := make(chan error, 1)
	p := &pool{
		connect: func() (hands, error) { return nil, context.DeadlineExceeded },
		fail:    func(err error) { failed <- err },
	}
	if err := p.SetReplicas(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err.Error() != "connect a worker: context deadline exceeded" {
		t.Error(err)
	}
	p.stop(t.Context())
}

func TestLedger(t *testing.T) {
	var l ledger
	l.publish([]string{"abc", "def", "ghi", "jkl", "mno"})
	l.verify([]string{"cba", "fed", "fed", "zyx"})
	l.leave([]string{"ghi", "abc"})
	b := l.balance()
	if want := (balance{published: 5, verified: 2, doubled: 2, strange: 1, rest: 1}); b != want {
		t.Errorf("%+v", b)
	}
	if b.open() != 2 { // jkl and mno
		t.Errorf("open %d", b.open())
	}
}

func TestSummary(t *testing.T) {
	s := summary{
		balance:     balance{published: 240, verified: 240},
		accounted:   true,
		transformed: 240,
		took:        21340 * time.Millisecond,
		bursts: []burst{
			{cold: true, first: 310 * time.Millisecond, right: 510 * time.Millisecond, back: 3200 * time.Millisecond},
			{cold: true, first: 110 * time.Millisecond, right: 110 * time.Millisecond},
		},
		peak: 20,
		max:  20,
	}
	const want = `
2 bursts in 21.3 s

  published      240 messages
  transformed    240
  verified       240, lost 0, doubled 0
  first worker   0.31 s after a burst began (0.11 to 0.31 s)
  right size     0.51 s after a burst began (0.11 to 0.51 s)
  peak           20 workers of at most 20
  back to 0      3.20 s after its last message was done
`
	if got := s.String(); got != want {
		t.Errorf("got:%s", got)
	}
	if !s.sound() {
		t.Error("not sound")
	}
	for name, b := range map[string]balance{
		"lost":    {published: 2, verified: 1},
		"doubled": {published: 2, verified: 2, doubled: 1},
		"strange": {published: 2, verified: 2, strange: 1},
	} {
		if (summary{balance: b, accounted: true}).sound() {
			t.Errorf("%s is said to be sound", name)
		}
	}
}
