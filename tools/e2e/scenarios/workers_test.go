package scenarios

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// Workers take messages from a list. Each takes one as soon as it is ready, works on
// it for a while and takes the next one. How often they are looked after is nothing
// to them: what they would have taken meanwhile they take then.
type workers struct {
	client *redis.Client
	list   string
	work   time.Duration // on one message
	free   []time.Time   // when each of them is free
}

// take has so many workers take what they would have taken until now.
func (w *workers) take(ctx context.Context, now time.Time, ready int) error {
	for len(w.free) < ready {
		w.free = append(w.free, now)
	}
	for {
		slices.SortFunc(w.free, time.Time.Compare)
		w.free = w.free[:ready] // those that have most to do are the youngest, which are the first to go
		n := 0
		for n < ready && !w.free[n].After(now) {
			n++
		}
		if n == 0 {
			return nil
		}
		taken, err := w.client.LPopCount(ctx, w.list, n).Result()
		if err != nil && err != redis.Nil { //nolint:errorlint // go-redis says so with this very error
			return fmt.Errorf("taking %d messages: %w", n, err)
		}
		for i := range taken {
			w.free[i] = w.free[i].Add(w.work)
		}
		if len(taken) < n {
			for i := len(taken); i < n; i++ {
				w.free[i] = now
			}
			return nil
		}
	}
}
