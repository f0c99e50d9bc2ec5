package server_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
	"github.com/scalerkit/scalerkit/scalers/external/server"
)

func TestReadingsAreAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		reading scalerkit.Reading
		active  bool
		value   wire.Measure
	}{
		"nothing":                          {scalerkit.Reading{}, false, wire.Measure{}},
		"no more than the activation":      {scalerkit.Reading{Value: 2}, false, wire.Measure{Int: 2, Float: 2}},
		"more than the activation":         {scalerkit.Reading{Value: 2.5}, true, wire.Measure{Int: 3, Float: 2.5}},
		"the source's own word":            {scalerkit.Reading{Value: 7, Activity: scalerkit.Inactive}, false, wire.Measure{Int: 7, Float: 7}},
		"the source's own target":          {scalerkit.Reading{Value: 7, Target: 10}, true, wire.Measure{Int: 4, Float: 3.5}},
		"as many replicas as find work":    {scalerkit.Reading{Value: 15, Limit: 3}, true, wire.Measure{Int: 15, Float: 15}},
		"more replicas than find work":     {scalerkit.Reading{Value: 17, Limit: 3}, true, wire.Measure{Int: 15, Float: 15}},
		"more, by the source's own target": {scalerkit.Reading{Value: 340, Target: 100, Limit: 3}, true, wire.Measure{Int: 15, Float: 15}},
		"replicas that divide the limit":   {scalerkit.Reading{Value: 14, Limit: 6, Even: true}, true, wire.Measure{Int: 15, Float: 15}},
		"replicas that do not":             {scalerkit.Reading{Value: 16, Limit: 6, Even: true}, true, wire.Measure{Int: 30, Float: 30}},
		"none, which divides everything":   {scalerkit.Reading{Limit: 6, Even: true}, false, wire.Measure{}},
	} {
		t.Run(name, func(t *testing.T) {
			from := call(t, server.Options{Open: always(reading(c.reading, nil))})
			active, err := from.isActive()
			require.NoError(t, err)
			require.Equal(t, c.active, active)
			specs, err := from.specs()
			require.NoError(t, err)
			require.Equal(t, wire.Measures{{Name: "lag", Int: 5, Float: 5}}, specs)
			values, err := from.metrics("lag")
			require.NoError(t, err)
			c.value.Name = "lag"
			require.Equal(t, wire.Measures{c.value}, values)
		})
	}
}

// An outage is an error for IsActive as well, and not what scales to zero. Only the
// target, which nobody has to ask for, is told all the same.
func TestErrorsAreErrors(t *testing.T) {
	for want, err := range map[error]error{
		status.Error(codes.Unavailable, "connection refused"):              errors.New("connection refused"),
		status.Error(codes.NotFound, "no queue: not found"):                fmt.Errorf("no queue: %w", scalerkit.ErrNotFound),
		status.Error(codes.PermissionDenied, "access denied"):              scalerkit.ErrDenied,
		status.Error(codes.ResourceExhausted, "throttled for 2s"):          &scalerkit.ThrottledError{RetryAfter: 2 * time.Second},
		status.Error(codes.Unavailable, "scaler is closed"):                scalerkit.ErrClosed,
		status.Error(codes.Unavailable, "slow: context deadline exceeded"): fmt.Errorf("slow: %w", context.DeadlineExceeded),
	} {
		from := call(t, server.Options{Open: always(reading(scalerkit.Reading{}, err))})
		_, got := from.isActive()
		require.Equal(t, want.Error(), got.Error())
		_, got = from.metrics("lag")
		require.Equal(t, want.Error(), got.Error())
		specs, got := from.specs()
		require.NoError(t, got)
		require.Len(t, specs, 1)
	}
	broken := scalerkit.ConfigError{Type: "redis", Key: "address", Problem: "is missing"}
	from := call(t, server.Options{Open: func(server.Object) (scalerkit.Scaler, error) { return nil, broken }})
	for _, f := range []func() error{
		func() error { _, err := from.isActive(); return err },
		func() error { _, err := from.specs(); return err },
		func() error { _, err := from.metrics("lag"); return err },
		func() error { _, err := from.pushes()(); return err },
	} {
		require.EqualError(t, f(), "rpc error: code = InvalidArgument desc = redis trigger: address: is missing")
	}
	panics := &scaler{metric: metric, read: func(context.Context) (scalerkit.Reading, error) { panic("half open") }}
	_, err := call(t, server.Options{Open: always(panics)}).isActive()
	require.EqualError(t, err, "rpc error: code = Unavailable desc = panic: half open")

	from = call(t, server.Options{Open: always(reading(scalerkit.Reading{}, nil))})
	_, err = from.metrics("s0-lag")
	require.EqualError(t, err, `rpc error: code = NotFound desc = there is no metric "s0-lag": the trigger has "lag"`)
	from.ref = "\x1a\x01\x08"
	_, err = from.isActive()
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

// counted counts the readings of a source that has 7 of something.
func counted(reads *atomic.Int32) *scaler {
	return &scaler{metric: metric, read: func(context.Context) (scalerkit.Reading, error) {
		reads.Add(1)
		return scalerkit.Reading{Value: 7}, nil
	}}
}

func TestOneReadingAnswersTheCallsOfOnePoll(t *testing.T) {
	for maxAge, want := range map[time.Duration]int32{time.Hour: 1, -1: 4} {
		var reads atomic.Int32
		from := call(t, server.Options{Open: always(counted(&reads)), MaxAge: maxAge})
		for range 2 {
			_, err := from.isActive()
			require.NoError(t, err)
			_, err = from.metrics("lag")
			require.NoError(t, err)
		}
		require.Equal(t, want, reads.Load())
	}
}

// A caller that gives up leaves nothing to others that wait for the same reading.
func TestACallerThatGivesUpDoesNotFailOthers(t *testing.T) {
	reading := make(chan struct{}, 2)
	first := true
	s := &scaler{metric: metric, read: func(ctx context.Context) (scalerkit.Reading, error) {
		if !first {
			return scalerkit.Reading{Value: 7}, nil
		}
		first = false
		reading <- struct{}{}
		<-ctx.Done()
		return scalerkit.Reading{}, ctx.Err()
	}}
	from := call(t, server.Options{Open: always(s), MaxAge: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		gone <- from.conn.Invoke(ctx, "/"+wire.Service+"/"+wire.IsActive, &from.ref, new(wire.Activity))
	}()
	<-reading
	waiting := make(chan error)
	go func() {
		_, err := from.isActive()
		waiting <- err
	}()
	cancel()
	require.Equal(t, codes.Canceled, status.Code(<-gone))
	require.NoError(t, <-waiting)
}

// A watched is a scaler that pushes.
type watched struct {
	*scaler
	watch func(context.Context, func()) error
}

func (w watched) Watch(ctx context.Context, changed func()) error { return w.watch(ctx, changed) }

// A push is followed by a reading, however young the last one is.
func TestPushesAreReadings(t *testing.T) {
	var level atomic.Int32
	s := &scaler{metric: metric, read: func(context.Context) (scalerkit.Reading, error) {
		return scalerkit.Reading{Value: float64(level.Load())}, nil
	}}
	changes := make(chan int32)
	from := call(t, server.Options{MaxAge: time.Hour, Open: always(watched{s, func(ctx context.Context, changed func()) error {
		for {
			select {
			case to, ok := <-changes:
				if !ok {
					return errors.New("the source hung up")
				}
				level.Store(to)
				changed()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}})})
	_, err := from.isActive()
	require.NoError(t, err)
	pushed := from.pushes()
	for _, to := range []int32{0, 3, 1, 7} {
		if to > 0 {
			changes <- to
		}
		active, err := pushed()
		require.NoError(t, err)
		require.Equal(t, to > 2, active)
		active, err = from.isActive()
		require.NoError(t, err)
		require.Equal(t, to > 2, active)
	}
	close(changes)
	_, err = pushed()
	require.EqualError(t, err, "rpc error: code = Unavailable desc = the source hung up")
}

func TestWhatCannotPushSaysSo(t *testing.T) {
	_, err := call(t, server.Options{Open: always(reading(scalerkit.Reading{}, nil))}).pushes()()
	require.EqualError(t, err, "rpc error: code = Unimplemented desc = the source cannot push: use trigger type external")
	failing := watched{reading(scalerkit.Reading{}, errors.New("connection refused")), func(ctx context.Context, _ func()) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	_, err = call(t, server.Options{Open: always(failing)}).pushes()()
	require.EqualError(t, err, "rpc error: code = Unavailable desc = connection refused")
}
