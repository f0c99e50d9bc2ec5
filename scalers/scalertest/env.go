package scalertest

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
)

// An env is what one check works in.
type env struct {
	testing.TB
	Source
	driver    scalerkit.Driver
	construct Constructor
	mark      string // of the goroutines that the check starts
	patience  time.Duration
	network   *network
	options   scalerkit.Options
	secrets   *leakDetector
}

// runs is how many checks were begun in this process.
var runs atomic.Int64

// run runs one check. It takes a testing.TB so that the suite's own tests can
// watch it fail.
func (s Suite) run(tb testing.TB, c check) {
	defer pprof.SetGoroutineLabels(context.Background())
	mark(sourceMark)
	e := &env{TB: tb, Source: s.Start(tb), driver: s.Driver, construct: s.New, patience: s.patience, network: newNetwork()}
	e.mark = fmt.Sprintf("%s-%d", c.name, runs.Add(1))
	mark(e.mark)
	if e.patience == 0 {
		e.patience = 30 * time.Second
	}
	if e.Levels == nil {
		e.Levels = []float64{0, 1, 7, 120}
	}
	if e.MaxConns == 0 {
		e.MaxConns = 2
	}
	e.secrets = &leakDetector{secrets: e.Secrets}
	e.options = scalerkit.Options{
		Dial: e.network.dial, Pool: new(scalerkit.Pool), Logger: e.secrets.logger(),
		HTTP: scalerkit.HTTP{Timeout: e.patience / 3}, // an emulator may be slow on a busy machine
	}
	stop := e.secrets.overhear(e.mark)
	tb.Cleanup(func() {
		stop()
		e.network.heal()
		e.network.reset() // a source may wait for its clients to go
		if n := e.network.dialled(); n > 0 && e.NoNetwork {
			tb.Errorf("the source has NoNetwork, but the driver dialled %d times", n)
		}
		if log := e.secrets.spoken(); log != "" {
			tb.Errorf("the driver logs by package log or slog's default, and not to Options.Logger:\n%s", log)
		}
		for _, leak := range e.secrets.leaks() {
			tb.Errorf("a secret was printed: %s", leak)
		}
	})
	c.run(e)
}

// try opens a Scaler and takes note of what it says.
func (e *env) try(spec scalerkit.Spec, options scalerkit.Options) (scalerkit.Scaler, error) {
	s, err := e.driver.Open(spec, options)
	e.secrets.seeError(err)
	if err == nil {
		e.secrets.see(s.Metric().Name)
	}
	return s, err
}

// open opens a Scaler that is closed with the check.
func (e *env) open(spec scalerkit.Spec) scalerkit.Scaler {
	e.Helper()
	return e.openWith(spec, e.options)
}

func (e *env) openWith(spec scalerkit.Spec, options scalerkit.Options) scalerkit.Scaler {
	e.Helper()
	s, err := e.try(spec, options)
	if err != nil {
		e.Fatalf("open: %v", err)
	}
	e.Cleanup(func() { e.close(s) })
	return s
}

// close closes a Scaler, as often as one likes.
func (e *env) close(s scalerkit.Scaler) {
	e.Helper()
	if err := within(e, "Close", s.Close); err != nil {
		e.secrets.seeError(err)
		e.Errorf("close: %v", err)
	}
}

// set sets the level of a trigger. Without a Set, there is but one.
func (e *env) set(t Trigger, level float64) {
	e.Helper()
	if t.Set == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.patience)
	defer cancel()
	mark(sourceMark)
	defer mark(e.mark)
	if err := t.Set(ctx, level); err != nil {
		e.Fatalf("set the source to %v: %v", level, err)
	}
}

// highest returns the highest level. Checks that make trouble set it first,
// so that an answer of 0 cannot pass for right afterwards.
func (e *env) highest() float64 { return e.Levels[len(e.Levels)-1] }

// read reads with a time limit, which leaves the Scaler as much time again to
// notice that its context has ended.
func (e *env) read(s scalerkit.Scaler) (scalerkit.Reading, error) {
	e.Helper()
	return e.readFor(e.patience/2, s)
}

func (e *env) readFor(limit time.Duration, s scalerkit.Scaler) (scalerkit.Reading, error) {
	e.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return e.readIn(ctx, s)
}

// readIn reads and checks what holds for every outcome.
func (e *env) readIn(ctx context.Context, s scalerkit.Scaler) (scalerkit.Reading, error) {
	e.Helper()
	r := within(e, "Read", func() scalerkit.Result { return result(s.Read(ctx)) })
	e.inspect("Read", r)
	return r.Reading, r.Err
}

func result(r scalerkit.Reading, err error) scalerkit.Result {
	return scalerkit.Result{Reading: r, Err: err}
}

// inspect checks what holds for every outcome of a read.
func (e *env) inspect(what string, r scalerkit.Result) {
	e.Helper()
	e.secrets.seeError(r.Err)
	switch {
	case r.Err != nil && r.Reading != (scalerkit.Reading{}):
		e.Errorf("%s: %+v along with the error %v", what, r.Reading, r.Err)
	case r.Err == nil && r.Reading.Time.IsZero():
		e.Errorf("%s: %+v has no time", what, r.Reading)
	}
	e.secrets.see(r.Reading.Note)
	for _, problem := range problemsOf(r.Reading) {
		e.Errorf("%s: %s", what, problem)
	}
}

// await reads until the level is what was set, as long as the source may take
// to show it.
func (e *env) await(s scalerkit.Scaler, level float64) scalerkit.Reading {
	e.Helper()
	deadline := time.Now().Add(e.Settle)
	for {
		r, err := e.read(s)
		if err == nil && r.Value == level {
			return r
		}
		if time.Now().After(deadline) {
			e.Fatalf("read %+v, %v; want the level %v", r, err, level)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// opened opens the source's trigger and waits until it reads the highest
// level.
func (e *env) opened() (s scalerkit.Scaler, level float64) {
	e.Helper()
	level = e.highest()
	e.set(e.Trigger, level)
	s = e.open(e.Spec)
	e.await(s, level)
	return s, level
}

// several opens n triggers on the same source, at different levels if they
// can be: its Peers, or the same trigger over and over.
func (e *env) several(n int) (scalers []scalerkit.Scaler, levels []float64) {
	e.Helper()
	triggers := make([]Trigger, n)
	for i := range triggers {
		triggers[i] = e.Trigger
	}
	if e.Peers != nil {
		triggers = e.Peers(n)
	}
	for i, t := range triggers {
		level := e.highest()
		if e.Peers != nil {
			level = e.Levels[1+i%(len(e.Levels)-1)]
		}
		e.set(t, level)
		scalers, levels = append(scalers, e.open(t.Spec)), append(levels, level)
	}
	for i, s := range scalers {
		e.await(s, levels[i])
	}
	return scalers, levels
}

// awaitAnswer is like await for a Scaler with a time limit of the driver's own, which
// may be too short for a source on a busy machine.
func (e *env) awaitAnswer(s scalerkit.Scaler, level float64) {
	e.Helper()
	e.eventually(func() bool {
		_, err := e.readFor(e.patience/2, s)
		return err == nil
	})
	e.await(s, level)
}

// wantError fails the check if a reading came of a source in trouble.
func (e *env) wantError(what string, r scalerkit.Reading, err error) {
	e.Helper()
	if err == nil {
		e.Errorf("%s: read %+v and no error", what, r)
	}
	if errors.Is(err, scalerkit.ErrClosed) {
		e.Errorf("%s: the error is ErrClosed, but the scaler is open: %v", what, err)
	}
}

// wantNoAnswer is like wantError where the source cannot have answered at all.
func (e *env) wantNoAnswer(what string, r scalerkit.Reading, err error) {
	e.Helper()
	e.wantError(what, r, err)
	for _, a := range e.answers() {
		if errors.Is(err, a.err) {
			e.Errorf("%s: reported as an answer of the source: %v", what, err)
		}
	}
}

// recovered reads until there is no error any more.
func (e *env) recovered(s scalerkit.Scaler, level float64) {
	e.Helper()
	e.recoveredWith(e.patience/2, s, level)
}

// recoveredWith is like recovered and gives the first read the given time, and
// each that follows twice as much, so that it is enough on a busy machine.
func (e *env) recoveredWith(limit time.Duration, s scalerkit.Scaler, level float64) {
	e.Helper()
	var r scalerkit.Reading
	var err error
	ok := e.eventually(func() bool {
		r, err = e.readFor(limit, s)
		limit = min(2*limit, e.patience/2)
		if err == nil && r.Value != level {
			e.Fatalf("on recovery: read %+v, want %v", r, level)
		}
		return err == nil
	})
	if !ok {
		e.Fatalf("does not recover: %v", err)
	}
}

// within returns what f returns, and fails the check if that takes long. f
// runs in a goroutine of its own, which outlives the check if f hangs: it must
// not use e.
func within[T any](e *env, what string, f func() T) T {
	e.Helper()
	done := make(chan T, 1)
	go func() { done <- f() }()
	select {
	case result := <-done:
		return result
	case <-time.After(e.patience):
		e.Fatalf("%s did not return within %v", what, e.patience)
		panic("unreachable")
	}
}

// eventually waits for a condition.
func (e *env) eventually(condition func() bool) bool {
	for deadline := time.Now().Add(e.patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return true
		}
	}
	return condition()
}
