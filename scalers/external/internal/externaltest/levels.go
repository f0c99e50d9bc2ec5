package externaltest

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// Token is what the metadata of whom Levels admit has under tokenFromEnv, and
// Missing a queue that they do not have. Busy is one that they will not tell of.
const (
	Token   = "hunter2"
	Missing = "missing"
	Busy    = "busy"
)

// Levels are queues with a level each, named by the queue in the metadata. They
// are for a Handler.
type Levels struct {
	mu      sync.Mutex
	levels  map[string]float64
	changed chan struct{} // closed and made anew when a level changes
}

// Set sets the level of a queue.
func (l *Levels) Set(queue string, level float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.levels == nil {
		l.levels = make(map[string]float64)
	}
	l.levels[queue] = level
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// get returns the level of an object's queue, and what is closed when one changes.
func (l *Levels) get(o wire.Object) (float64, <-chan struct{}, error) {
	queue := o.Metadata["queue"]
	switch {
	case o.Metadata["tokenFromEnv"] != Token:
		return 0, nil, status.Error(codes.PermissionDenied, "not the token")
	case queue == Missing:
		return 0, nil, status.Error(codes.NotFound, "no such queue")
	case queue == Busy:
		return 0, nil, status.Error(codes.ResourceExhausted, "come back later")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.levels[queue], l.changed, nil
}

// Handler returns an external scaler that tells of the levels, and pushes them.
// Its target is 5.
func (l *Levels) Handler() Handler {
	return Handler{
		IsActive: func(_ context.Context, o wire.Object) (bool, error) {
			level, _, err := l.get(o)
			return level > 0, err
		},
		GetMetricSpec: func(_ context.Context, o wire.Object) (wire.Measures, error) {
			_, _, err := l.get(o)
			return wire.Measures{{Name: "level", Float: 5}}, err
		},
		GetMetrics: func(_ context.Context, o wire.Object, metric string) (wire.Measures, error) {
			level, _, err := l.get(o)
			return wire.Measures{{Name: metric, Float: level}}, err
		},
		StreamIsActive: func(ctx context.Context, o wire.Object, send func(bool)) error {
			for {
				level, changed, err := l.get(o)
				if err != nil {
					return err
				}
				send(level > 0)
				select {
				case <-changed:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		},
	}
}
