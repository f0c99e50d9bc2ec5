// Package store is what the secret stores have in common: the exchange of JSON
// over HTTP, and fields of JSON as the text of a parameter. No secret gets into
// an error.
package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/transport"
)

const timeout = 10 * time.Second

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
		Transport: carrier,
		Timeout:   timeout,
		CheckRedirect: func(next *http.Request, _ []*http.Request) error {
			return fmt.Errorf("it redirects to %s://%s, which is not followed", next.URL.Scheme, next.URL.Host)
		},
	}
}

// A Request is one exchange with a store.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   any    // marshalled as JSON; nil: none
	Token  string // the credential in Header, which is kept out of errors
}

// Do sends the request and decodes the answer into the value that into points
// to. Errors are as those of [httpsource.Client.Do].
func (r Request) Do(ctx context.Context, client *http.Client, into any) error {
	requests, err := httpsource.New(httpsource.Settings{
		Access: httpsource.Access{Client: client}, Classify: classify,
	}, scalerkit.Options{})
	if err != nil {
		return err
	}
	request := httpsource.Request{Method: r.Method, URL: r.URL, Header: r.Header.Clone(), Secrets: []string{r.Token}}
	if request.Header == nil {
		request.Header = make(http.Header)
	}
	request.Header.Set("Accept", "application/json")
	if r.Body != nil {
		request.Header.Set("Content-Type", "application/json")
		if request.Body, err = json.Marshal(r.Body); err != nil {
			return err
		}
	}
	response, err := requests.Do(ctx, request)
	if err != nil {
		return err
	}
	if json.Unmarshal(response.Body, into) != nil {
		// What package json has to say may quote a secret.
		return fmt.Errorf("%v: the answer is not the JSON that it should be", request)
	}
	return nil
}

// classify returns the common error for an answer without success, with what the
// store says about it: Vault in errors, the others in error. Text that is neither
// is left out, as nobody knows what is in it.
func classify(status int, h http.Header, body []byte) error {
	var answer struct {
		Errors []string
		Error  json.RawMessage
	}
	if json.Unmarshal(body, &answer) != nil {
		return httpsource.Refusal(status, h, "")
	}
	detail := strings.Join(answer.Errors, "; ")
	var failure struct{ Status, Message string }
	if detail == "" && json.Unmarshal(answer.Error, &failure) == nil {
		detail = cmp.Or(failure.Message, failure.Status)
	}
	return httpsource.Refusal(status, h, detail)
}
