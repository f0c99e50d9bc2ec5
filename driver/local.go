package driver

import (
	"context"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/guard"
	"github.com/scalerkit/scalerkit/internal/pool"
)

// Local returns a Scaler of a source without a network, which goes by the wall
// clock alone: a timetable, say. What at returns is the reading at a time, and
// the time of the next change, which is later than now, or zero if there is
// none. It does no I/O, and may be called concurrently.
//
// The Scaler is a Watcher that tells of each change when the wall clock has come
// to it, and never before. If somebody sets the clock forward, that takes up to
// a minute; if back, the next Read knows. Scalers that are given the same Pool
// share one timer.
func Local(options scalerkit.Options, metric scalerkit.Metric, at func(now time.Time) (scalerkit.Reading, time.Time)) scalerkit.Watcher {
	return newLocal(options, metric, at, time.Now)
}

func newLocal(options scalerkit.Options, metric scalerkit.Metric, at func(time.Time) (scalerkit.Reading, time.Time), now func() time.Time) scalerkit.Watcher {
	open := func(context.Context) (*clock, error) { return &clock{now: now}, nil }
	return &local{metric: metric, at: at, now: now, share: pool.Share(options.Pool, clockKey{}, open)}
}

// A clockKey is what those who share a clock have in common.
type clockKey struct{}

type local struct {
	metric scalerkit.Metric
	at     func(time.Time) (scalerkit.Reading, time.Time)
	now    func() time.Time
	share  *pool.Shared[*clock]
}

func (l *local) Metric() scalerkit.Metric { return l.metric }

func (l *local) Close() error { return l.share.Close() }

func (l *local) Read(ctx context.Context) (scalerkit.Reading, error) {
	now := l.now()
	var r scalerkit.Reading
	err := guard.Do(func() error {
		r, _ = l.at(now)
		return nil
	})
	if err == nil {
		err = check(&r, now)
	}
	switch {
	case l.share.IsClosed():
		return scalerkit.Reading{}, scalerkit.ErrClosed
	case ctx.Err() != nil:
		return scalerkit.Reading{}, context.Cause(ctx)
	case err != nil:
		return scalerkit.Reading{}, fmt.Errorf("read %s: %w", l.metric.Name, err)
	}
	return r, nil
}

// Watch implements scalerkit.Watcher.
func (l *local) Watch(ctx context.Context, changed func()) error {
	return watch(ctx, l.share, l.metric.Name, changed, func(ctx context.Context, c *clock, changed func()) error {
		for {
			now := l.now()
			_, next := l.at(now)
			switch {
			case next.IsZero():
				<-ctx.Done()
				return context.Cause(ctx)
			case !next.After(now):
				return fmt.Errorf("the next change, at %s, is not later than now, %s", next.Format(time.RFC3339Nano), now.Format(time.RFC3339Nano))
			}
			if err := c.sleep(ctx, next); err != nil {
				return err
			}
			changed()
		}
	})
}
