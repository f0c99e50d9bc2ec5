package server

import (
	"context"
	"math"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/guard"
	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// isActive answers IsActive.
func (s *Server) isActive(ctx context.Context, ref *wire.Ref) (rpc.Message, error) {
	var answer wire.Activity
	return &answer, s.scalers.use(*ref, func(one *shared) error {
		r, err := one.reading(ctx, s.options.MaxAge)
		answer.Active = err == nil && r.IsActive(one.Metric())
		return err
	})
}

// metricSpec answers GetMetricSpec. It asks no source, so that KEDA keeps the metric
// of one that is away.
func (s *Server) metricSpec(_ context.Context, ref *wire.Ref) (rpc.Message, error) {
	var answer wire.Measures
	return &answer, s.scalers.use(*ref, func(one *shared) error {
		m := one.Metric()
		answer = wire.Measures{{Name: m.Name, Int: whole(m.Target.Value), Float: m.Target.Value}}
		return nil
	})
}

// metrics answers GetMetrics.
func (s *Server) metrics(ctx context.Context, request *wire.Request) (rpc.Message, error) {
	var answer wire.Measures
	return &answer, s.scalers.use(request.Ref, func(one *shared) error {
		m := one.Metric()
		if request.Metric != m.Name {
			return status.Errorf(codes.NotFound, "there is no metric %q: the trigger has %q", request.Metric, m.Name)
		}
		r, err := one.reading(ctx, s.options.MaxAge)
		if err != nil {
			return err
		}
		v := value(m, r)
		answer = wire.Measures{{Name: m.Name, Int: whole(v), Float: v}}
		return nil
	})
}

// whole returns a number for callers that do not know of fractions.
func whole(v float64) int64 { return int64(min(math.Ceil(v), math.MaxInt64/2)) }

// value returns a reading held against the target that the HPA has.
func value(m scalerkit.Metric, r scalerkit.Reading) float64 {
	target, v := m.Target.Value, r.Value
	if r.Target > 0 {
		v *= target / r.Target
	}
	if r.Limit == 0 {
		return v
	}
	most := float64(r.Limit) * target
	if replicas := math.Ceil(v / target); r.Even && replicas > 0 && v < most {
		for math.Mod(float64(r.Limit), replicas) != 0 {
			replicas++
		}
		v = replicas * target
	}
	return min(v, most)
}

// streamIsActive sends whether the Scaler of an object is active, at first and
// whenever that may have changed, until the caller or the source has gone.
func (s *Server) streamIsActive(ctx context.Context, ref wire.Ref, send func(bool) error) error {
	return s.scalers.use(ref, func(one *shared) error {
		watcher, ok := one.Scaler.(scalerkit.Watcher)
		if !ok {
			return status.Error(codes.Unimplemented, "the source cannot push: use trigger type external")
		}
		ctx, cancel := context.WithCancel(ctx)
		changed, ended := make(chan struct{}, 1), make(chan error, 1)
		go func() {
			ended <- guard.Do(func() error {
				return watcher.Watch(ctx, func() {
					select {
					case changed <- struct{}{}:
					default: // there will be a reading after this change
					}
				})
			})
		}()
		defer func() {
			cancel()
			ended <- <-ended // it has ended
		}()
		for {
			r, err := one.reading(ctx, 0)
			if err == nil {
				err = send(r.IsActive(one.Metric()))
			}
			if err != nil {
				return err
			}
			select {
			case <-changed:
			case err := <-ended:
				ended <- err
				return err
			}
		}
	})
}
