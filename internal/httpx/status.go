package httpx

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
)

// statusError returns the status of an answer and the beginning of its text.
func statusError(response *http.Response, detail string) error {
	status := strings.TrimSpace(fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode)))
	if detail == "" {
		return errors.New(status)
	}
	return fmt.Errorf("%s: %s", status, detail)
}

// classify returns the error for an answer without success, of which detail is
// the beginning.
func classify(response *http.Response, detail string) error {
	err := statusError(response, detail)
	retry := retryAfter(response.Header.Get("Retry-After"), time.Now())
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	case status == http.StatusNotFound:
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && retry > 0:
		return &scalerkit.ThrottledError{RetryAfter: retry, Err: err}
	}
	return err
}

// retryAfter reads a Retry-After header, which is a number of seconds or a
// date. It returns 0 if there is none to be understood.
func retryAfter(header string, now time.Time) time.Duration {
	const most = 24 * time.Hour // so that no number overflows
	if seconds, err := strconv.Atoi(header); err == nil {
		return min(time.Duration(max(0, min(seconds, int(most/time.Second))))*time.Second, most)
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(0, date.Sub(now)), most)
	}
	return 0
}
