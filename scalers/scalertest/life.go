package scalertest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit"
)

// cancelledReadReturns cancels a Read that waits for an answer, and one that
// waits for a connection.
func cancelledReadReturns(e *env) {
	connected, _ := e.opened()
	for _, s := range []scalerkit.Scaler{connected, e.openWith(e.Spec, e.unpooled())} {
		e.network.stall()
		ctx, cancel := context.WithCancel(context.Background())
		timer := time.AfterFunc(50*time.Millisecond, cancel)
		r, err := e.readIn(ctx, s)
		timer.Stop()
		cancel()
		e.wantError("a cancelled Read", r, err)
		if !errors.Is(err, context.Canceled) {
			e.Errorf("a cancelled Read gives %v, which is no context.Canceled", err)
		}
		e.recoversAt(e.Levels[1], s)
	}
}

// cancelledReadIsOver gives up on Reads of a source that is silent. What they ask
// has to end with them: a driver that ignores its context behind pool.Use, which
// returns all the same, has more and more under way. Only so much may go on as
// there may be connections, which are on their way for the next Read.
func cancelledReadIsOver(e *env) {
	s, level := e.opened()
	before, more := e.census(), e.MaxConns+5
	e.network.stall()
	giveUp := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		for _, r := range within(e, "Read", func() []scalerkit.Result {
			return concurrently(more, more, func(int) scalerkit.Result { return result(s.Read(ctx)) })
		}) {
			e.wantNoAnswer("a source that is silent", r.Reading, r.Err)
		}
	}
	var left string
	isOver := func() bool {
		giveUp() // each time, or else what ends by a time limit of its own would pass for what ends with its context
		for range 50 {
			if left = e.census().grown(before, more); left == "" {
				return true
			}
			time.Sleep(10 * time.Millisecond)
		}
		return false
	}
	if !e.eventually(isOver) {
		e.Errorf("Reads that were cancelled go on in %s", left)
	}
	e.network.heal()
	e.recovered(s, level)
}

func closeUnblocksRead(e *env) {
	s, _ := e.opened()
	e.network.stall()
	read := make(chan scalerkit.Result, 1)
	go func() { read <- result(s.Read(context.Background())) }()
	if !e.eventually(func() bool { return e.network.waiting() > 0 }) {
		e.Error("Read does not wait for the source")
	}
	e.close(s)
	r := within(e, "Read after Close", func() scalerkit.Result { return <-read })
	e.inspect("Read after Close", r)
	if !errors.Is(r.Err, scalerkit.ErrClosed) {
		e.Errorf("Read that was pending when the scaler was closed gives %v, which is no ErrClosed", r.Err)
	}
}

// closeWhileReading closes a Scaler from two sides while it is being read from
// others.
func closeWhileReading(e *env) {
	const readers = 4
	s, level := e.opened()
	ctx, cancel := context.WithTimeout(context.Background(), e.patience/2)
	defer cancel()
	results := within(e, "Read and Close at once", func() []scalerkit.Result {
		return concurrently(readers+2, readers+2, func(i int) scalerkit.Result {
			if i >= readers {
				time.Sleep(5 * time.Millisecond)
				return scalerkit.Result{Err: s.Close()}
			}
			for {
				if r, err := s.Read(ctx); err != nil || r.Value != level {
					return result(r, err)
				}
			}
		})
	})
	for _, r := range results[:readers] {
		e.inspect("Read and Close at once", r)
		if !errors.Is(r.Err, scalerkit.ErrClosed) {
			e.Errorf("Read and Close at once: read %+v, %v; want %v until ErrClosed", r.Reading, r.Err, level)
		}
	}
	for _, r := range results[readers:] {
		if r.Err != nil {
			e.Errorf("close: %v", r.Err)
		}
	}
}

func closeTwiceIsCloseOnce(e *env) {
	s, _ := e.opened()
	e.close(s)
	e.close(s)
	neverRead := e.open(e.Spec)
	e.close(neverRead)
	e.close(neverRead)
}

func readAfterCloseIsErrClosed(e *env) {
	read, _ := e.opened()
	for _, s := range []scalerkit.Scaler{read, e.open(e.Spec)} {
		e.close(s)
		if r, err := e.read(s); !errors.Is(err, scalerkit.ErrClosed) {
			e.Errorf("after Close: read %+v, %v, which is no ErrClosed", r, err)
		}
		if b, ok := s.(scalerkit.Batcher); ok {
			r := e.readBatch(context.Background(), b, s)[0]
			if !errors.Is(r.Err, scalerkit.ErrClosed) {
				e.Errorf("after Close: ReadBatch gives %+v, want ErrClosed", r)
			}
		}
	}
}

// closeLeavesOthersAlone closes the first of two Scalers that share what they
// may. The other must not have to connect anew.
func closeLeavesOthersAlone(e *env) {
	first, level := e.opened()
	second := e.open(e.Spec)
	e.await(second, level)
	before := e.network.dialled()
	e.close(first)
	if r, err := e.read(second); err != nil || r.Value != level {
		e.Errorf("after another scaler was closed: read %+v, %v; want %v", r, err, level)
	}
	if e.network.dialled() > before {
		e.Error("closing one scaler closed a connection that another one uses")
	}
}

// leavesNothingBehind leads lives that end in all sorts of ways, and counts
// what is left of each sort.
func leavesNothingBehind(e *env) {
	const lives = 5
	// What they read is for other checks. Trouble may last until a read is given up.
	read := func(s scalerkit.Scaler) { _, _ = e.read(s) }
	try := func(s scalerkit.Scaler) { _, _ = e.readFor(50*time.Millisecond, s) }
	cut := func() { e.network.cutAfter(1) }
	lead := func(life func(scalerkit.Scaler)) {
		s := e.open(e.Spec)
		life(s)
		e.close(s)
		e.network.heal()
	}
	lead(read)                        // what is started once for the whole process does not count
	time.Sleep(20 * time.Millisecond) // for those that are about to end
	before := e.census()
	for _, sort := range []struct {
		name string
		life func(scalerkit.Scaler)
	}{
		{"that never read", func(scalerkit.Scaler) {}},
		{"that read", read},
		{"whose source went away", func(s scalerkit.Scaler) { read(s); e.network.refuse(); try(s) }},
		{"whose source fell silent", func(s scalerkit.Scaler) { read(s); e.network.stall(); try(s) }},
		{"that got half an answer", func(s scalerkit.Scaler) { read(s); cut(); try(s) }},
		{"whose source was away", func(s scalerkit.Scaler) { e.network.refuse(); try(s) }},
		{"whose source was silent in the handshake", func(s scalerkit.Scaler) { e.network.stall(); try(s) }},
		{"whose source ended in the handshake", func(s scalerkit.Scaler) { cut(); try(s) }},
	} {
		for range lives {
			lead(sort.life)
		}
		if !e.eventually(func() bool { return e.network.open() == 0 }) {
			e.Fatalf("%d scalers %s: %d connections were never closed", lives, sort.name, e.network.open())
		}
		// Fewer goroutines than there were lives are not those of each.
		var left string
		if !e.eventually(func() bool { left = e.census().grown(before, lives); return left == "" }) {
			e.Fatalf("%d scalers %s leave behind %s", lives, sort.name, left)
		}
	}
}

// wantNoConnections fails the check unless the driver closes all it opened.
func (e *env) wantNoConnections() {
	e.Helper()
	if !e.eventually(func() bool { return e.network.open() == 0 }) {
		e.Errorf("%d connections were never closed", e.network.open())
	}
}

// manyTriggersShareConnections reads many triggers in batches and one by one.
func manyTriggersShareConnections(e *env) {
	const n = 40
	scalers, levels := e.several(n)
	ctx, cancel := context.WithTimeout(context.Background(), e.patience/2)
	defer cancel()
	results := within(e, "ReadAll", func() []scalerkit.Result { return scalerkit.ReadAll(ctx, scalers...) })
	results = append(results, within(e, "Read of many triggers at once", func() []scalerkit.Result {
		return concurrently(n, n, func(i int) scalerkit.Result { return result(scalers[i].Read(ctx)) })
	})...)
	for i, r := range results {
		e.inspect("many triggers", r)
		e.wantLevel(i%n, r, levels[i%n])
	}
	if dials := e.network.dialled(); dials == 0 {
		e.Error("the driver does not use Options.Dial")
	} else if dials >= n {
		e.Errorf("%d triggers dialled %d times: connections are not kept", n, dials)
	}
	if most := e.network.mostOpen(); most > e.MaxConns {
		e.Errorf("%d triggers held up to %d connections, want at most %d", n, most, e.MaxConns)
	}
}

// concurrently calls f with 0 to n-1 in a number of goroutines, and returns
// what it returns.
func concurrently(n, goroutines int, f func(int) scalerkit.Result) []scalerkit.Result {
	results := make([]scalerkit.Result, n)
	var wait sync.WaitGroup
	for first := range goroutines {
		wait.Go(func() {
			for i := first; i < n; i += goroutines {
				results[i] = f(i)
			}
		})
	}
	wait.Wait()
	return results
}
