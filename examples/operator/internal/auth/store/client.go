// Package store is what the secret stores have in common: the exchange of JSON
// over HTTP, and fields of JSON as the text of a parameter. No secret gets into
// an error.
package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/transport"
)

const (
	timeout = 10 * time.Second
	maxBody = 4 << 20 // bytes of an answer
)

// ErrNoAnswer means that there was no answer at all, or not the whole of it.
var ErrNoAnswer = errors.New("no answer")

// NewTransport returns what carries requests to secret stores, in the way that
// those to event sources go.
func NewTransport(options scalerkit.Options) http.RoundTripper {
	return transport.New(transport.Config{Timeout: timeout}, options)
}

// NewClient returns a client for secret stores, whose requests go through
// carrier, or through a transport of its own if that is nil. It follows no
// redirect: credentials are for the store that was asked, and nobody else's
// business.
func NewClient(carrier http.RoundTripper) *http.Client {
	if carrier == nil {
		carrier = NewTransport(scalerkit.Options{})
	}
	return &http.Client{
		Transport:     carrier,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A Request is one exchange with a store.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   any // marshalled as JSON; nil: none
}

// Do sends the request and decodes the answer into the value that into points
// to. The error names the request. It wraps [ErrNoAnswer] if there was none,
// and scalerkit.ErrDenied, ErrNotFound or ErrThrottled if the answer was one of
// these.
func (r Request) Do(ctx context.Context, client *http.Client, into any) error {
	if err := r.do(ctx, client, into); err != nil {
		return fmt.Errorf("%s %s: %w", r.Method, printable(r.URL), err)
	}
	return nil
}

func (r Request) do(ctx context.Context, client *http.Client, into any) error {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("this is no URL")
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", "application/json")
	if r.Body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		return NoAnswer(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return NoAnswer(err)
	case len(answer) > maxBody:
		return fmt.Errorf("the answer has more than %d bytes", maxBody)
	case response.StatusCode >= http.StatusMultipleChoices:
		return refusal(response, answer)
	case json.Unmarshal(answer, into) != nil:
		// What package json has to say may quote a secret.
		return errors.New("the answer is not the JSON that it should be")
	}
	return nil
}

// NoAnswer returns what package net/http says about a request that failed,
// without the URL that it puts in.
func NoAnswer(err error) error {
	if e := new(url.Error); errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("%w: %w", ErrNoAnswer, err)
}

// refusal returns the error for an answer without success.
func refusal(response *http.Response, answer []byte) error {
	status := response.StatusCode
	text := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	if location := response.Header.Get("Location"); location != "" && status < http.StatusBadRequest {
		text += ": it redirects to " + printable(location) + ", which is not followed"
	} else if said := explanation(answer); said != "" {
		text += ": " + said
	}
	switch err := errors.New(text); status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	case http.StatusNotFound:
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
	case http.StatusTooManyRequests:
		return fmt.Errorf("%w: %w", scalerkit.ErrThrottled, err)
	default:
		return err
	}
}

// explanation returns what a store says about a failure: Vault in errors, the
// others in error. Text that is neither is left out, as nobody knows what is in
// it.
func explanation(answer []byte) string {
	const most = 300 // bytes
	var response struct {
		Errors []string
		Error  json.RawMessage
	}
	if json.Unmarshal(answer, &response) != nil {
		return ""
	}
	text := strings.Join(response.Errors, "; ")
	var failure struct{ Status, Message string }
	if text == "" && json.Unmarshal(response.Error, &failure) == nil {
		text = cmp.Or(failure.Message, failure.Status)
	}
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " …"
	}
	return text
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
