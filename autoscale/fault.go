package autoscale

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A fault is a failure that may last. It is logged when it begins, when it
// becomes another kind of failure, and when it ends. The zero value is no
// fault.
type fault struct {
	doing string // what fails; empty: nothing does
	kind  string
	since time.Time
}

// A subject is what a fault is about.
type subject interface{ attrs() []any }

// report notes how an attempt to do something ended, and logs it if that is
// news.
func (f *fault) report(log *slog.Logger, now time.Time, doing string, err error, about subject) {
	before := *f
	if !f.note(now, doing, err) {
		return
	}
	log = log.With(about.attrs()...)
	if err == nil {
		log.Info("can "+before.doing+" again", "after", now.Sub(before.since))
		return
	}
	f.warn(log, err)
}

// warn logs the fault that has just been noted.
func (f fault) warn(log *slog.Logger, err error) {
	if p := (*panicError)(nil); errors.As(err, &p) {
		log = log.With("stack", string(p.stack))
	}
	log.Warn("cannot "+f.doing, "kind", f.kind, "error", err)
}

// note says whether it is news how an attempt to do something ended.
func (f *fault) note(now time.Time, doing string, err error) bool {
	if err == nil {
		was := f.doing
		*f = fault{}
		return was != ""
	}
	kind := kindOf(err)
	if f.doing == doing && f.kind == kind {
		return false
	}
	if f.doing == "" {
		f.since = now
	}
	f.doing, f.kind = doing, kind
	return true
}

// kindOf tells apart what has different causes. Texts would not do: some have
// a number that is new each time.
func kindOf(err error) string {
	var timeout interface{ Timeout() bool }
	var panicked *panicError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, scalerkit.ErrThrottled):
		return "throttled"
	case errors.Is(err, scalerkit.ErrDenied):
		return "denied"
	case errors.Is(err, scalerkit.ErrNotFound):
		return "not found"
	case errors.Is(err, scalerkit.ErrClosed):
		return "closed"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &panicked):
		return "panic"
	}
	return "failed"
}

// A panicError is a panic in code that is not ours.
type panicError struct {
	value any
	stack []byte
}

// Error implements error.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// catch, when deferred, turns a panic into an error.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = &panicError{value: p, stack: debug.Stack()}
	}
}
