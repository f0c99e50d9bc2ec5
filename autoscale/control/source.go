package control

import (
	"time"

	"github.com/scalerkit/scalerkit"
)

// An urgency is how a trigger takes it that its source is left alone.
type urgency int

const (
	routine urgency = iota // keeps to it
	pushed                 // by the source, which works: keeps to what that asked for
	wanted                 // by a caller, or is new: is read nevertheless
)

// A source is what Scalers are read from: one for all with the same BatchKey,
// or one for a Scaler that is no Batcher.
type source struct {
	key    any // BatchKey; nil if it is one Scaler's own
	number int // in the order in which the Runner came to know the sources

	// Under the Runner's mutex.
	users    int        // triggers
	asked    []*trigger // to be read in the next exchange
	exchange bool       // one is under way, or queued
	outage   outage
	watching failure

	reading []*trigger // in the exchange under way; kept for its memory
}

// sources are the sources of a Runner.
type sources struct {
	known  int             // so far
	shared map[any]*source // by key
}

// join returns the source with the given key, or one of its own for nil.
func (s *sources) join(key any) *source {
	src, ok := s.shared[key]
	if key == nil || !ok {
		src = &source{key: key, number: s.known}
		s.known++
	}
	if key != nil && !ok {
		if s.shared == nil {
			s.shared = make(map[any]*source)
		}
		s.shared[key] = src
	}
	src.users++
	return src
}

// leave forgets the source when nobody is left. Its phase starts a new one,
// should it come back.
func (s *sources) leave(src *source) {
	src.users--
	if src.users == 0 && src.key != nil {
		delete(s.shared, src.key)
	}
}

// ask has the trigger read in the next exchange with its source, or fails it
// if the source is left alone. The caller holds the mutex.
func (r *Runner) ask(t *trigger, now time.Time) {
	s := t.source
	if s.outage.holds(now, t.urgency) {
		t.skip()
		r.answered(t)
		return
	}
	s.asked = append(s.asked, t)
	if !s.exchange {
		s.exchange = true
		r.enqueue(s)
	}
}

// skip fails the trigger without asking its source.
func (t *trigger) skip() {
	o := &t.source.outage
	err := t.err
	if err == nil {
		err = o.err
	}
	t.sample.Reading = scalerkit.Reading{}
	t.sample.Err = &BackoffError{Until: o.until, Failures: o.failures, Err: err}
}

// enqueue has an exchange with the source take place. The caller holds the
// mutex.
func (r *Runner) enqueue(s *source) {
	pool := &r.healthy
	if s.outage.failures > 0 {
		pool = &r.failing
	}
	pool.add(s, false, &r.mu, &r.wait)
}
