package gcp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// ErrMissing is in the chain of a [scalerkit.ErrNotFound] if it is the service that
// says so, and not something on the way there that has no such page.
var ErrMissing = errors.New("missing")

// missing is an error that is ErrMissing besides.
type missing struct{ error }

func (missing) Is(target error) bool { return target == ErrMissing }

func (m missing) Unwrap() error { return m.error }

// Classify is the [httpsource.Classify] for Google's APIs, which say why they
// refuse a request. Too many of them may also be a 403.
func Classify(status int, header http.Header, body []byte) error {
	var answer struct {
		Error struct {
			Code            int
			Status, Message string
			Errors          []struct{ Reason string }
		}
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil // the common rule says enough
	}
	e := answer.Error
	err := httpsource.Status(status, strings.Trim(e.Status+": "+e.Message, ": "))
	for _, cause := range e.Errors {
		if strings.HasSuffix(strings.ToLower(cause.Reason), "ratelimitexceeded") {
			status = http.StatusTooManyRequests
		}
	}
	if e.Code == http.StatusNotFound {
		err = missing{err}
	}
	return classified(status, header, err)
}

// classified gives an error the kind of a status.
func classified(status int, header http.Header, err error) error {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	case http.StatusNotFound:
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &scalerkit.ThrottledError{RetryAfter: httpsource.RetryAfter(header, time.Now()), Err: err}
	}
	return err
}

// explain returns the error of a token request without its URL and whatever was
// sent.
func explain(err error) error {
	if noAnswer := new(url.Error); errors.As(err, &noAnswer) {
		return fmt.Errorf("no answer: %w", noAnswer.Err)
	}
	refusal := new(oauth2.RetrieveError)
	if !errors.As(err, &refusal) || refusal.Response == nil {
		return err
	}
	var detail struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(refusal.Body, &detail) // the status says enough if it is no JSON
	status, said := refusal.Response.StatusCode, httpsource.Status(refusal.Response.StatusCode, detail.Error)
	switch status {
	case http.StatusBadRequest: // so it is that an authority does not accept who asks, by RFC 6749
		status = http.StatusForbidden
	case http.StatusNotFound: // what is not there is not the source
		return said
	}
	return classified(status, refusal.Response.Header, said)
}
