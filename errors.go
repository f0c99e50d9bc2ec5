package scalerkit

import (
	"errors"
	"time"

	"github.com/scalerkit/scalerkit/internal/pool"
)

// Errors that [Scaler.Read] wraps, for use with [errors.Is].
var (
	// ErrClosed means that the Scaler was closed.
	ErrClosed = pool.ErrClosed

	// ErrNotFound means that the source answered that it does not have the
	// queue, stream, topic or other thing that the trigger names.
	ErrNotFound = errors.New("not found")

	// ErrDenied means that the source refused the credentials, or what they
	// may do.
	ErrDenied = errors.New("access denied")

	// ErrThrottled means that the source asked for fewer requests. A
	// [ThrottledError] in the chain tells for how long, if the source said so.
	ErrThrottled = errors.New("throttled")
)

// A ThrottledError is an [ErrThrottled] with the source's own word on when to
// come back.
type ThrottledError struct {
	// RetryAfter is how long to wait before the next request, 0 if unknown.
	RetryAfter time.Duration

	// Err is the answer of the source.
	Err error
}

// Error implements error.
func (e *ThrottledError) Error() string {
	text := ErrThrottled.Error()
	if e.RetryAfter > 0 {
		text += " for " + e.RetryAfter.String()
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Is reports whether target is [ErrThrottled].
func (e *ThrottledError) Is(target error) bool { return target == ErrThrottled }

// Unwrap returns e.Err.
func (e *ThrottledError) Unwrap() error { return e.Err }
