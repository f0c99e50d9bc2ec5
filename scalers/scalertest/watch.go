package scalertest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A watch is a Watch under way.
type watch struct {
	woken    chan struct{}
	ended    chan error
	overlaps atomic.Bool // calls of changed did
}

// watcher opens the source's trigger.
func (e *env) watcher(options scalerkit.Options) scalerkit.Watcher {
	e.Helper()
	e.set(e.Trigger, 0)
	return e.openWith(e.Spec, options).(scalerkit.Watcher)
}

// watch begins a Watch that ends with the check at the latest.
func (e *env) watch(ctx context.Context, watcher scalerkit.Watcher) *watch {
	ctx, cancel := context.WithCancel(ctx)
	e.Cleanup(cancel)
	w := &watch{woken: make(chan struct{}, 1), ended: make(chan error, 1)}
	var busy atomic.Bool
	go func() {
		w.ended <- watcher.Watch(ctx, func() {
			if !busy.CompareAndSwap(false, true) {
				w.overlaps.Store(true)
			}
			time.Sleep(20 * time.Millisecond) // for the next call to come meanwhile, if it may
			busy.Store(false)
			select {
			case w.woken <- struct{}{}:
			default:
			}
		})
	}()
	return w
}

// end returns how the watch ended.
func (e *env) end(w *watch) error {
	e.Helper()
	err := within(e, "Watch", func() error { return <-w.ended })
	e.secrets.seeError(err)
	if err == nil {
		e.Error("Watch ended and did not say why")
	}
	return err
}

// wake changes the level until the watch notices, since nothing tells when it
// has begun to listen. What it noticed earlier does not count. It returns the
// error if the watch ends instead.
func (e *env) wake(w *watch) error {
	e.Helper()
	time.Sleep(50 * time.Millisecond)
	select {
	case <-w.woken:
	default:
	}
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	giveUp := time.After(e.patience)
	for i := 0; ; i++ {
		select {
		case <-w.woken:
			return nil
		case err := <-w.ended:
			w.ended <- err // for end
			return e.end(w)
		case <-giveUp:
			e.Fatalf("Watch did not notice a change within %v", e.patience)
		case <-retry.C:
			e.set(e.Trigger, e.Levels[i%len(e.Levels)])
		}
	}
}

func watchWakes(e *env) {
	w := e.watch(context.Background(), e.watcher(e.options))
	if err := e.wake(w); err != nil {
		e.Fatalf("Watch ended: %v", err)
	}
	for i := range 10 {
		e.set(e.Trigger, e.Levels[i%len(e.Levels)])
	}
	if err := e.wake(w); err != nil {
		e.Fatalf("Watch ended: %v", err)
	}
	if w.overlaps.Load() {
		e.Error("calls of changed overlap")
	}
}

// watchEndsWithContext cancels a Watch that waits for changes, and one that
// waits for the source to let it in.
func watchEndsWithContext(e *env) {
	for _, trouble := range []func(){func() {}, e.network.stall} {
		watcher := e.watcher(e.unpooled())
		trouble()
		ctx, cancel := context.WithCancel(context.Background())
		w := e.watch(ctx, watcher)
		time.Sleep(50 * time.Millisecond)
		cancel()
		if err := e.end(w); !errors.Is(err, context.Canceled) {
			e.Errorf("Watch ended with %v, which is no context.Canceled", err)
		}
		e.network.heal()
		e.close(watcher)
		e.wantNoConnections()
	}
}

func watchEndsWithClose(e *env) {
	watcher := e.watcher(e.options)
	w := e.watch(context.Background(), watcher)
	if e.Set == nil {
		time.Sleep(50 * time.Millisecond) // for it to begin
	} else if err := e.wake(w); err != nil {
		e.Fatalf("Watch ended: %v", err)
	}
	e.close(watcher)
	if err := e.end(w); !errors.Is(err, scalerkit.ErrClosed) {
		e.Errorf("Watch of a closed scaler ended with %v, which is no ErrClosed", err)
	}
	e.wantNoConnections()
}

// lostWatchIsNoticed breaks the connection of a Watch, which then has to end,
// or to mend itself and go on. There is no Logger, which must not matter.
func lostWatchIsNoticed(e *env) {
	options := e.options
	options.Logger = nil
	w := e.watch(context.Background(), e.watcher(options))
	if err := e.wake(w); err != nil {
		e.Fatalf("Watch ended: %v", err)
	}
	e.network.reset()
	if err := e.wake(w); err != nil {
		e.wantNoAnswer("a lost watch", scalerkit.Reading{}, err)
	}
}
