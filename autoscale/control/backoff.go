package control

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A backoff bounds how long a source is left alone.
type backoff struct {
	interval   time.Duration // at first
	max        time.Duration // at most
	retryAfter time.Duration // at most if it asks for it
}

// backoff returns that of the Loop.
func (l *Loop) backoff() backoff { return backoff{l.Interval, l.MaxBackoff, l.MaxRetryAfter} }

// An outage is what the last exchanges with a source say about it. The zero
// value says that it works.
type outage struct {
	failures int       // consecutive
	until    time.Time // when to try again
	asked    time.Time // when the source asked to try again
	err      error     // of the last exchange
	failure  failure
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
// backoff is that of the triggers in it.
func (o *outage) note(v verdict, began, ended time.Time, b backoff) {
	if !v.down() {
		if v.answered {
			*o = outage{failure: o.failure}
		}
		return
	}
	wait := b.interval
	for range o.failures {
		if wait *= 2; wait >= b.max {
			wait = max(b.max, b.interval)
			break
		}
	}
	o.failures++
	o.err = v.err
	// Counted from when the triggers were last due, and never longer than a
	// whole wait, so that the first failure does not cost the next round.
	due := began.Add(ended.Sub(began).Truncate(b.interval))
	o.until = due.Add(wait/2 + rand.N(wait/2+1))
	if v.retryAfter > 0 {
		o.asked = ended.Add(min(v.retryAfter, b.retryAfter))
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
