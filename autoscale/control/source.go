package control

import (
	"errors"
	"fmt"
	"math/rand/v2"
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

// A patience bounds how long a source is left alone.
type patience struct {
	interval   time.Duration // at first
	backoff    time.Duration // at most
	retryAfter time.Duration // at most if it asks for it
}

// patience returns that of the Loop.
func (l *Loop) patience() patience { return patience{l.Interval, l.MaxBackoff, l.MaxRetryAfter} }

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
	watching fault

	reading []*trigger // in the exchange under way; kept for its memory
}

// An outage is what the last exchanges with a source say about it. The zero
// value says that it works.
type outage struct {
	failures int       // consecutive
	until    time.Time // when to try again
	asked    time.Time // when the source asked to try again
	err      error     // of the last exchange
	fault    fault
}

// holds says whether the source is to be left alone by a trigger.
func (o *outage) holds(now time.Time, u urgency) bool {
	switch u {
	case wanted:
		return false
	case pushed:
		return now.Before(o.asked)
	default:
		return now.Before(o.until)
	}
}

// note notes what came of an exchange that took from began to ended. The
// patience is that of the triggers in it.
func (o *outage) note(v verdict, began, ended time.Time, p patience) {
	if !v.down() {
		if v.answered {
			*o = outage{fault: o.fault}
		}
		return
	}
	wait := p.interval
	for range o.failures {
		if wait *= 2; wait >= p.backoff {
			wait = max(p.backoff, p.interval)
			break
		}
	}
	o.failures++
	o.err = v.err
	// Counted from when the triggers were last due, and never longer than a
	// whole wait, so that the first failure does not cost the next round.
	due := began.Add(ended.Sub(began).Truncate(p.interval))
	o.until = due.Add(wait/2 + rand.N(wait/2+1))
	if v.retryAfter > 0 {
		o.asked = ended.Add(min(v.retryAfter, p.retryAfter))
	}
	if o.asked.After(o.until) {
		o.until = o.asked
	}
}

// A BackoffError is the error of a trigger that was not read because its
// source failed before and is left alone for a while.
type BackoffError struct {
	Until    time.Time // when the source may be read again
	Failures int       // consecutive failed exchanges with the source
	Err      error     // why the trigger, or else the source, failed the last time
}

// Error implements error.
func (e *BackoffError) Error() string {
	times := "once"
	if e.Failures > 1 {
		times = fmt.Sprintf("%d times", e.Failures)
	}
	return fmt.Sprintf("left alone until %s after the source failed %s: %v",
		e.Until.UTC().Format(time.RFC3339), times, e.Err)
}

// Unwrap returns e.Err.
func (e *BackoffError) Unwrap() error { return e.Err }

// A verdict is what the results of an exchange say about the source.
type verdict struct {
	answered   bool          // if only to refuse
	err        error         // a failure, if there was any
	throttled  bool          // some result said so
	retryAfter time.Duration // what the source asks for
}

// down says whether to leave the source alone.
func (v *verdict) down() bool { return v.throttled || v.err != nil && !v.answered }

func judge(results []scalerkit.Result) verdict {
	var v verdict
	for i := range results {
		err := results[i].Err
		switch {
		case err == nil, errors.Is(err, scalerkit.ErrNotFound), errors.Is(err, scalerkit.ErrDenied):
			v.answered = true
		case errors.Is(err, scalerkit.ErrClosed):
			// says nothing about the source
		case errors.Is(err, scalerkit.ErrThrottled):
			if !v.throttled {
				v.throttled, v.err = true, err
			}
			if hint := (*scalerkit.ThrottledError)(nil); errors.As(err, &hint) {
				v.retryAfter = max(v.retryAfter, hint.RetryAfter)
			}
		case v.err == nil:
			v.err = err
		}
	}
	return v
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
		t.leaveAlone()
		r.answered(t)
		return
	}
	s.asked = append(s.asked, t)
	if !s.exchange {
		s.exchange = true
		r.enqueue(s)
	}
}

// leaveAlone fails the trigger without asking its source.
func (t *trigger) leaveAlone() {
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
	crew := &r.healthy
	if s.outage.failures > 0 {
		crew = &r.failing
	}
	crew.add(s, &r.mu, &r.wait)
}
