package scalertest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/scalerkit/scalerkit"
)

var brokenWatches = []broken{
	{
		name: "never wakes",
		driver: alterWatch(func(good watchFunc) watchFunc {
			return func(ctx context.Context, _ func()) error { return good(ctx, func() {}) }
		}),
		caught: map[string]string{"WatchWakes": "did not notice a change"},
	},
	{
		name: "wakes from many goroutines",
		driver: alterWatch(func(good watchFunc) watchFunc {
			return func(ctx context.Context, changed func()) error { return good(ctx, func() { go changed() }) }
		}),
		caught: map[string]string{"WatchWakes": "calls of changed overlap"},
	},
	{
		name: "watches on after its context ended",
		driver: alterWatch(func(good watchFunc) watchFunc {
			return func(ctx context.Context, changed func()) error { return good(context.WithoutCancel(ctx), changed) }
		}),
		caught: map[string]string{"WatchEndsWithContext": "Watch did not return"},
	},
	{
		name: "does not say why a watch ended",
		driver: alterWatch(func(good watchFunc) watchFunc {
			return func(ctx context.Context, changed func()) error {
				_ = good(ctx, changed)
				return nil
			}
		}),
		caught: map[string]string{
			"WatchEndsWithContext": "did not say why",
			"LostWatchIsNoticed":   "did not say why",
		},
	},
	{
		name: "watches on after it was closed",
		driver: alter(func(a *altered) {
			a.watch = func(ctx context.Context, changed func()) error {
				s, err := New(a.config, a.options)
				if err != nil {
					return err
				}
				defer s.Close()
				return s.(scalerkit.Watcher).Watch(ctx, changed)
			}
		}),
		caught: map[string]string{"WatchEndsWithClose": "Watch did not return"},
	},
	{
		name: "sleeps on when its watch is lost",
		driver: alterWatch(func(good watchFunc) watchFunc {
			return func(ctx context.Context, changed func()) error {
				_ = good(ctx, changed)
				<-ctx.Done()
				return ctx.Err()
			}
		}),
		caught: map[string]string{"LostWatchIsNoticed": "did not notice a change"},
	},
	{
		name: "takes a lost watch for an answer",
		driver: alterWatch(func(good watchFunc) watchFunc {
			return func(ctx context.Context, changed func()) error {
				err := good(ctx, changed)
				if errors.Is(err, context.Canceled) {
					return err
				}
				return fmt.Errorf("%w: %w", scalerkit.ErrClosed, err)
			}
		}),
		caught: map[string]string{"LostWatchIsNoticed": "the error is ErrClosed"},
	},
}
