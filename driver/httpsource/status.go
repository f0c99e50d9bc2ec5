package httpsource

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/internal/tlshint"
)

// A Classify says what an answer without success means, or returns nil to leave
// it to the common rule: 401 and 403 are [scalerkit.ErrDenied], 404 is
// [scalerkit.ErrNotFound], 429 is a [scalerkit.ThrottledError], as is 503 with a
// Retry-After.
type Classify func(status int, h http.Header, body []byte) error

// Status returns an error with a status and the beginning of a text, for use by a
// [Classify].
func Status(status int, detail string) error {
	text := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	if detail == "" {
		return errors.New(text)
	}
	return fmt.Errorf("%s: %s", text, detail)
}

// Refusal returns the error for an answer without success by the common rule,
// for a [Classify] that knows better what the answer says than its first words.
func Refusal(status int, h http.Header, detail string) error {
	err := Status(status, detail)
	retry := RetryAfter(h, time.Now())
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	case status == http.StatusNotFound:
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
	case status == http.StatusNotModified:
		return fmt.Errorf("%w: %w", ErrNotModified, err)
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && retry > 0:
		return &scalerkit.ThrottledError{RetryAfter: retry, Err: err}
	}
	return err
}

// RetryAfter reads the header of that name, which is a number of seconds or a
// date. It returns 0 if there is none to be understood, and at most a day.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	const most = 24 * time.Hour // so that no number overflows
	header := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil {
		return min(time.Duration(max(0, min(seconds, int(most/time.Second))))*time.Second, most)
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(0, date.Sub(now)), most)
	}
	return 0
}

const mostRedirects = 3 // that one request may follow

// stayOnHost follows redirects on the same host only: headers go along, and
// with them credentials, which are nobody else's business.
func stayOnHost(next *http.Request, before []*http.Request) error {
	from, to := before[0].URL, next.URL
	upgraded := from.Scheme == "http" && to.Scheme == "https" && from.Hostname() == to.Hostname()
	if !upgraded && (from.Scheme != to.Scheme || from.Host != to.Host) {
		return fmt.Errorf("it redirects to %s://%s, which is not followed", to.Scheme, to.Host)
	}
	if len(before) > mostRedirects {
		return errors.New("it redirects too often")
	}
	return nil
}

// leaveCredentials is stayOnHost for sources whose servers send to one another:
// other hosts are asked without what is for the first one alone. From TLS it does
// not lead to none.
func leaveCredentials(next *http.Request, before []*http.Request) error {
	err := stayOnHost(next, before)
	if err == nil || len(before) > mostRedirects || before[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return err
	}
	next.Header = http.Header{"Accept": before[0].Header["Accept"]}
	return nil
}

// elsewhere says in an error that it is of another host than the one asked.
func elsewhere(request *http.Request, response *http.Response, err error) error {
	if by := response.Request.URL.Host; by != request.URL.Host {
		return fmt.Errorf("it redirects to %s, which is asked without credentials: %w", by, err)
	}
	return err
}

// printable returns an address for an error, without the parts that may have
// credentials in them.
func printable(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(not shown)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// noAnswer wraps ErrNoAnswer around what package net/http says about a request,
// without the URL that it puts in, and around what a disagreement on TLS looks
// like. Other errors stay as they are.
func noAnswer(err error) error {
	if e := new(tlshint.Error); errors.As(err, &e) {
		return fmt.Errorf("%w: %w", ErrNoAnswer, e)
	}
	if e := new(url.Error); errors.As(err, &e) {
		return fmt.Errorf("%w: %w", ErrNoAnswer, e.Err)
	}
	return err
}

// excerpt returns the beginning of a text in one line, without the secrets.
func excerpt(text io.Reader, secrets ...string) string {
	const enough, most = 4096, 200 // bytes to read, and to show
	data, _ := io.ReadAll(io.LimitReader(text, enough))
	shown := line.Of(string(data))
	for _, secret := range secrets {
		if secret != "" {
			shown = strings.ReplaceAll(shown, secret, "[redacted]")
		}
	}
	return line.Cut(shown, most)
}
