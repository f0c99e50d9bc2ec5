package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// patience is for callers that set no deadline, as KEDA does not.
const patience = 30 * time.Second

// scalers are those that callers have asked for lately.
type scalers struct {
	options Options

	mu     sync.Mutex
	byRef  map[wire.Ref]*shared // nil once they are closed
	failed error                // of those that were closed in the meantime
}

// A shared is a Scaler that many callers ask for.
type shared struct {
	scalerkit.Scaler

	users int         // guarded by scalers.mu
	idle  *time.Timer // closes it; runs while it has no users

	turn chan struct{} // who has sent to it reads, and may use what is below
	read time.Time     // when the last reading began
	last scalerkit.Reading
	err  error
}

// use calls f with the Scaler of an object.
func (s *scalers) use(ref wire.Ref, f func(*shared) error) error {
	o, err := ref.Decode()
	if err != nil {
		return status.Errorf(codes.InvalidArgument, "the ScaledObjectRef cannot be read: %v", err)
	}
	one, err := s.acquire(o)
	if err != nil {
		return err
	}
	defer s.release(one, o.Encode())
	return f(one)
}

func (s *scalers) acquire(o wire.Object) (*shared, error) {
	ref := o.Encode() // keys may have come in any order
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.byRef[ref]
	switch {
	case one != nil:
		one.idle.Stop()
		one.users++
		return one, nil
	case s.byRef == nil:
		return nil, scalerkit.ErrClosed
	case len(s.byRef) >= s.options.Most:
		return nil, status.Errorf(codes.ResourceExhausted, "%d triggers are served, which is the most that may be", len(s.byRef))
	}
	scaler, err := s.options.Open(Object{Owner: scalerkit.Key{Namespace: o.Namespace, Name: o.Name}, Metadata: o.Metadata})
	if err != nil {
		return nil, err
	}
	one = &shared{Scaler: scaler, users: 1, turn: make(chan struct{}, 1)}
	one.idle = time.AfterFunc(s.options.Idle, func() { s.expire(one, ref) })
	one.idle.Stop()
	s.byRef[ref] = one
	return one, nil
}

func (s *scalers) release(one *shared, ref wire.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one.users--
	if one.users == 0 && s.byRef[ref] == one {
		one.idle.Reset(s.options.Idle)
	}
}

// expire closes a Scaler for which nobody asks.
func (s *scalers) expire(one *shared, ref wire.Ref) {
	s.mu.Lock()
	if one.users > 0 || s.byRef[ref] != one {
		s.mu.Unlock()
		return
	}
	delete(s.byRef, ref)
	s.mu.Unlock()
	if err := one.Close(); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failed = errors.Join(s.failed, err)
	}
}

// close closes all, and those that are yet to come.
func (s *scalers) close() error {
	s.mu.Lock()
	all, err := s.byRef, s.failed
	s.byRef, s.failed = nil, nil
	s.mu.Unlock()
	for _, one := range all {
		one.idle.Stop()
		err = errors.Join(err, one.Close())
	}
	return err
}

// reading returns a reading that began less than maxAge before this call, or a new
// one. Of those that wait for one another, the first reads for all.
func (s *shared) reading(ctx context.Context, maxAge time.Duration) (scalerkit.Reading, error) {
	since := time.Now().Add(-maxAge)
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return scalerkit.Reading{}, context.Cause(ctx)
	}
	if s.read.After(since) {
		return s.last, s.err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	r, err := s.Read(ctx)
	if ctx.Err() == nil { // what another one is told if it ends for him
		s.read, s.last, s.err = began, r, err
	}
	return r, err
}
