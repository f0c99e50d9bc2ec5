package control

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/guard"
)

// A failure may last. It is logged when it begins, when it becomes another kind
// of failure, and when it ends. The zero value is none, and takes little room:
// there are three for each workload.
type failure struct {
	*cause // nil: nothing fails
}

type cause struct {
	doing string // what fails
	kind  string
	since time.Time
}

// A subject is what a failure is about.
type subject interface{ attrs() []any }

// report notes how an attempt to do something ended, and logs it if that is
// news.
func (f *failure) report(log *slog.Logger, now time.Time, doing string, err error, about subject) {
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

// warn logs the failure that has just been noted.
func (f failure) warn(log *slog.Logger, err error) {
	withStack(log, err).Warn("cannot "+f.doing, "kind", f.kind, "error", err)
}

// withStack makes log tell where err was, if it is a panic.
func withStack(log *slog.Logger, err error) *slog.Logger {
	if stack := guard.Stack(err); stack != "" {
		return log.With("stack", stack)
	}
	return log
}

// note says whether it is news how an attempt to do something ended.
func (f *failure) note(now time.Time, doing string, err error) bool {
	before := f.cause
	if err == nil {
		f.cause = nil
		return before != nil
	}
	f.cause = &cause{doing: doing, kind: kindOf(err), since: now}
	if before == nil {
		return true
	}
	f.since = before.since
	return *f.cause != *before
}

// kindOf tells apart what has different causes. Texts would not do: some have
// a number that is new each time.
func kindOf(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case err == nil:
		return ""
	case guard.Stack(err) != "":
		return "panic"
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
	}
	return "failed"
}
