package control_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A broker is an event source in memory. Its Scalers are peers.
type broker struct {
	mu     sync.Mutex
	level  float64          // of every queue
	err    error            // of every read
	errs   map[string]error // of reads of one queue
	delay  time.Duration    // of an exchange; it ends early with its context
	gate   chan struct{}    // if set, exchanges wait until it is closed
	began  []time.Time      // of each exchange
	peers  []int            // of each exchange
	closed map[string]int   // calls of Close for each queue
}

func (b *broker) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// exchanges returns when each exchange began, since start.
func (b *broker) exchanges(start time.Time) []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	since := make([]time.Duration, len(b.began))
	for i, t := range b.began {
		since[i] = t.Sub(start)
	}
	return since
}

// batches returns how many Scalers were read in each exchange.
func (b *broker) batches() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.peers)
}

func (b *broker) closes(queue string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed[queue]
}

func (b *broker) read(ctx context.Context, queues ...string) []scalerkit.Result {
	b.mu.Lock()
	b.began = append(b.began, time.Now())
	b.peers = append(b.peers, len(queues))
	delay, gate := b.delay, b.gate
	b.mu.Unlock()

	err := wait(ctx, delay)
	if gate != nil {
		<-gate
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		err = b.err
	}
	results := make([]scalerkit.Result, len(queues))
	for i, queue := range queues {
		switch {
		case err != nil:
			results[i].Err = err
		case b.errs[queue] != nil:
			results[i].Err = b.errs[queue]
		default:
			results[i].Reading = scalerkit.Reading{Value: b.level, Time: time.Now()}
		}
	}
	return results
}

// A lone is a Scaler of one queue, with a target of 5.
type lone struct {
	broker *broker
	queue  string
}

func (s *lone) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "fake-" + s.queue, Target: scalerkit.Target{Value: 5}}
}

func (s *lone) Read(ctx context.Context) (scalerkit.Reading, error) {
	r := s.broker.read(ctx, s.queue)[0]
	return r.Reading, r.Err
}

func (s *lone) Close() error {
	s.broker.set(func() {
		if s.broker.closed == nil {
			s.broker.closed = make(map[string]int)
		}
		s.broker.closed[s.queue]++
	})
	return nil
}

func (s *lone) name() string { return s.queue }

// A peer is a lone that can be batched.
type peer struct{ lone }

func (s *peer) BatchKey() any { return s.broker }

func (s *peer) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	queues := make([]string, len(peers))
	for i, p := range peers {
		queues[i] = p.(interface{ name() string }).name()
	}
	return s.broker.read(ctx, queues...)
}

// A pushing is a peer that pushes what it is sent.
type pushing struct {
	peer
	pushes chan struct{}
	err    error // ends Watch at once

	mu      sync.Mutex
	watched []time.Time
}

func (s *pushing) Watch(ctx context.Context, changed func()) error {
	s.mu.Lock()
	s.watched = append(s.watched, time.Now())
	s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for {
		select {
		case <-s.pushes:
			changed()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func newPeer(b *broker, queue string) *peer { return &peer{lone{b, queue}} }
func newLone(b *broker, queue string) *lone { return &lone{b, queue} }

// A fleet is a Workload.
type fleet struct {
	mu       sync.Mutex
	replicas int
	sets     []int // all that SetReplicas was told
	getErr   error
	setErr   error
	delay    time.Duration // of SetReplicas
}

func (f *fleet) Replicas(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.replicas, f.getErr
}

func (f *fleet) SetReplicas(ctx context.Context, n int) error {
	f.mu.Lock()
	f.sets = append(f.sets, n)
	delay, err := f.delay, f.setErr
	f.mu.Unlock()
	if err := cmp.Or(wait(ctx, delay), err); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas = n
	return nil
}

func (f *fleet) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fleet) told() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]int(nil), f.sets...)
}

// A diary is what Observe was told.
type diary struct {
	mu     sync.Mutex
	rounds []control.Round
}

func (d *diary) observe(r control.Round) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rounds = append(d.rounds, r)
}

// read returns all rounds, and the last of them.
func (d *diary) read() ([]control.Round, control.Round) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.rounds), d.rounds[len(d.rounds)-1]
}

// workload returns a Loop from 0 to 100 replicas with the given Scalers.
func workload(w control.Workload, scalers ...scalerkit.Scaler) control.Loop {
	l := control.Loop{Policy: autoscale.Default(), Workload: w}
	for _, s := range scalers {
		l.Triggers = append(l.Triggers, control.Trigger{Scaler: s})
	}
	return l
}

func named(i int) scalerkit.Key {
	return scalerkit.Key{Namespace: "shop", Name: fmt.Sprintf("worker-%d", i)}
}

func mustSet(t testing.TB, r *control.Runner, key scalerkit.Key, l control.Loop) {
	t.Helper()
	if err := r.Set(key, l); err != nil {
		t.Fatal(err)
	}
}

// start runs r until the test ends, and returns the time.
func start(t *testing.T, r *control.Runner) time.Time {
	t.Helper()
	go func() {
		if err := r.Run(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	return time.Now()
}

// wait waits for d, or until ctx ends. It makes no timer for no time at all:
// in a bubble, many goroutines that look at expired timers at once crash the
// race detector (golang/go#78156).
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pass lets time pass, and all that it brings come to rest.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A journal is a log with one short line for each record.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "stack" {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// lines returns what was logged since the last call.
func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := strings.TrimSpace(j.text.String())
	j.text.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// worker stands for the number of a workload in the log.
var worker = regexp.MustCompile(`(worker|fake)-[0-9]+`)

// expect compares what was logged since the last time.
func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	got := j.lines()
	for i := range got {
		got[i] = worker.ReplaceAllString(got[i], "$1-N")
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("logged\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

var errRefused = errors.New("dial tcp 192.0.2.1:5672: connection refused")

// edit changes the Policy of a Loop.
func edit(l *control.Loop, change func(*autoscale.Policy)) {
	p := l.Policy.(autoscale.Policy)
	change(&p)
	l.Policy = p
}
