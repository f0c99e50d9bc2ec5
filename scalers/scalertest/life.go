package scalertest

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit"
)

func cancelledReadReturns(e *env) {
	s, level := e.opened()
	e.network.stall()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	time.AfterFunc(50*time.Millisecond, cancel)
	e.within("Read after its context was cancelled", func() {
		r, err := s.Read(ctx)
		e.wantError("a cancelled Read", r, err)
		if !errors.Is(err, context.Canceled) {
			e.Errorf("a cancelled Read gives %v, which is no context.Canceled", err)
		}
	})
	e.network.heal()
	e.recovered(s, level)
}

func closeUnblocksRead(e *env) {
	s, _ := e.opened()
	e.network.stall()
	e.within("Read and Close of a source that does not answer", func() {
		done := make(chan error, 1)
		go func() {
			_, err := s.Read(context.Background())
			done <- err
		}()
		if !eventually(func() bool { return e.network.waiting() > 0 }) {
			e.Error("Read does not wait for the source")
		}
		if err := s.Close(); err != nil {
			e.Errorf("close: %v", err)
		}
		if err := <-done; !errors.Is(err, scalerkit.ErrClosed) {
			e.Errorf("Read that was pending when the scaler was closed gives %v, which is no ErrClosed", err)
		}
	})
}

func closeTwiceIsCloseOnce(e *env) {
	s, _ := e.opened()
	e.within("Close, twice", func() {
		for range 2 {
			if err := s.Close(); err != nil {
				e.Errorf("close: %v", err)
			}
		}
	})
	fresh := e.open(e.Spec)
	e.within("Close of a scaler that never read", func() {
		if err := fresh.Close(); err != nil {
			e.Errorf("close: %v", err)
		}
	})
}

func readAfterCloseIsErrClosed(e *env) {
	s, _ := e.opened()
	if err := s.Close(); err != nil {
		e.Errorf("close: %v", err)
	}
	if r, err := e.read(s); !errors.Is(err, scalerkit.ErrClosed) {
		e.Errorf("after Close: read %+v, %v, which is no ErrClosed", r, err)
	}
	if b, ok := s.(scalerkit.Batcher); ok {
		results := b.ReadBatch(context.Background(), []scalerkit.Scaler{s})
		if len(results) != 1 || !errors.Is(results[0].Err, scalerkit.ErrClosed) {
			e.Errorf("after Close: ReadBatch gives %+v, want one ErrClosed", results)
		}
	}
}

// leavesNothingBehind opens, reads and closes while all is well, during an
// outage and in the middle of an answer, and then counts.
func leavesNothingBehind(e *env) {
	life := func(trouble func()) {
		s := e.open(e.Spec)
		_, _ = e.read(s) // to connect; what it reads is for other checks
		trouble()
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_, _ = s.Read(ctx) // may fail, and must clean up then too
		if err := s.Close(); err != nil {
			e.Errorf("close: %v", err)
		}
		e.network.heal()
	}
	life(func() {}) // what is started once for the whole process does not count
	before := runtime.NumGoroutine()
	for range 5 {
		life(func() {})
		life(e.network.refuse)
		life(e.network.stall)
		life(func() { e.network.cutAfter(1) })
	}
	if !eventually(func() bool { return e.network.open() == 0 }) {
		e.Errorf("%d connections are left", e.network.open())
	}
	if !eventually(func() bool { return runtime.NumGoroutine() <= before }) {
		stacks := make([]byte, 1<<16)
		stacks = stacks[:runtime.Stack(stacks, true)]
		e.Errorf("there were %d goroutines and are now %d:\n%s", before, runtime.NumGoroutine(), stacks)
	}
}

func manyTriggersShareConnections(e *env) {
	const n = 40
	triggers := e.peers(n)
	scalers := make([]scalerkit.Scaler, n)
	for i, t := range triggers {
		e.set(t, e.Levels[1])
		scalers[i] = e.open(t.Spec)
	}
	for _, s := range scalers {
		e.await(s, e.Levels[1])
	}
	for range 3 {
		for i, result := range scalerkit.ReadAll(context.Background(), scalers...) {
			e.secrets.seeError(result.Err)
			if result.Err != nil {
				e.Errorf("trigger %d: %v", i, result.Err)
			}
		}
	}
	if most := e.network.mostOpen(); most > e.MaxConns {
		e.Errorf("%d triggers held up to %d connections, want at most %d", n, most, e.MaxConns)
	}
	if e.network.mostOpen() == 0 {
		e.Error("the driver does not use Options.Dial")
	}
}

// peers returns n triggers on the same source: its Peers, or the same trigger
// over and over.
func (e *env) peers(n int) []Trigger {
	if e.Peers != nil {
		return e.Peers(n)
	}
	triggers := make([]Trigger, n)
	for i := range triggers {
		triggers[i] = e.Trigger
	}
	return triggers
}

// trim formats a number as a parameter's value.
func trim(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
