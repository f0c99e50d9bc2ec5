package scalertest

import (
	"context"
	"errors"
	"time"

	"github.com/scalerkit/scalerkit"
)

func watchWakes(e *env) {
	w := e.open(e.Spec).(scalerkit.Watcher)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	woken := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- w.Watch(ctx, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
	}()
	// The level changes until it is noticed, since nothing tells when Watch
	// has begun to listen.
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	giveUp := time.After(patience)
	for i := 0; ; i++ {
		select {
		case <-woken:
			return
		case err := <-ended:
			e.Fatalf("Watch ended: %v", err)
		case <-giveUp:
			e.Fatalf("Watch did not notice a change within %v", patience)
		case <-retry.C:
			e.set(e.Trigger, e.Levels[i%len(e.Levels)])
		}
	}
}

func watchEndsWithContext(e *env) {
	w := e.open(e.Spec).(scalerkit.Watcher)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	e.within("Watch after its context was cancelled", func() {
		if err := w.Watch(ctx, func() {}); !errors.Is(err, context.Canceled) {
			e.Errorf("Watch ended with %v, which is no context.Canceled", err)
		}
	})
}
