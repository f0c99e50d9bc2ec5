package httpsource

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/transport"
)

const (
	maxConnections = 32       // to each host
	maxBody        = 32 << 20 // bytes of an answer
)

// ErrNoAnswer means that there was no answer at all, or not the whole of it.
var ErrNoAnswer = errors.New("no answer")

// Settings are what a Client is made of. The zero value is ready to use.
type Settings struct {
	Access Access

	// Authenticators add credentials besides those of Access.
	Authenticators []Authenticator

	// Classify, if set, is asked first what an answer without success means.
	Classify Classify
}

// A Client sends requests to one source. Its methods may be called
// concurrently.
type Client struct {
	http           *http.Client
	own            *transport.Transport // nil if http is the program's
	authenticators []Authenticator
	classify       Classify
	roundTrip      atomic.Int64 // how long a request takes, in nanoseconds; 0: not known
}

// New returns a Client. It does no I/O. With [scalerkit.Options.HTTPClient] set,
// requests go through that, and it is neither changed nor closed.
func New(s Settings, options scalerkit.Options) (*Client, error) {
	c := &Client{classify: s.Classify}
	if options.HTTPClient != nil {
		program := *options.HTTPClient
		c.http = &program
		c.http.Timeout = cmp.Or(s.Access.Timeout, program.Timeout)
	} else {
		config, err := s.Access.TLS.Config(options)
		if err != nil {
			return nil, err
		}
		c.own = transport.New(transport.Config{TLS: config, Connections: maxConnections, Timeout: s.Access.Timeout}, options)
		c.http = &http.Client{Transport: c.own, Timeout: c.own.Timeout}
	}
	if c.http.CheckRedirect == nil {
		c.http.CheckRedirect = stayOnHost
	}
	c.authenticators = append(s.Access.authenticators(c.http), s.Authenticators...)
	return c, nil
}

// Close ends what the Client has under way, and its connections.
func (c *Client) Close() error {
	for _, a := range c.authenticators {
		if a, ok := a.(ender); ok {
			a.end()
		}
	}
	if c.own != nil {
		return c.own.Close()
	}
	return nil
}

// A Request is one request. URL is all that has to be set.
type Request struct {
	Method string // GET if empty
	URL    string
	Header http.Header
	Body   []byte
}

// A Response is a whole answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request and returns the answer, if its status is from 200 to 299.
// Any other is an error, which wraps [scalerkit.ErrDenied],
// [scalerkit.ErrNotFound] or a [scalerkit.ThrottledError] where it is one of
// these. The error wraps [ErrNoAnswer] if there was none. It names the URL
// without its query, and contains no credential.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	response, err := c.do(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", cmp.Or(r.Method, http.MethodGet), printable(r.URL), err)
	}
	return response, nil
}

// GetJSON decodes the answer to a GET request into the value that into points
// to. Errors are as those of Do.
func (c *Client) GetJSON(ctx context.Context, url string, into any) error {
	return c.DoJSON(ctx, Request{URL: url}, into)
}

// DoJSON decodes the answer to a request into the value that into points to.
// Errors are as those of Do.
func (c *Client) DoJSON(ctx context.Context, r Request, into any) error {
	header := r.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	header.Set("Accept", "application/json")
	r.Header = header
	response, err := c.Do(ctx, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(response.Body, into); err != nil {
		return fmt.Errorf("%s %s: the answer is not the JSON that it should be: %w", cmp.Or(r.Method, http.MethodGet), printable(r.URL), err)
	}
	return nil
}

func (c *Client) do(ctx context.Context, r Request) (*Response, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, errors.New("this is no URL")
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	for _, a := range c.authenticators {
		if err := a.Authorize(ctx, request); err != nil {
			return nil, err
		}
	}
	begin := time.Now()
	response, err := c.http.Do(request)
	if err != nil {
		return nil, noAnswer(err)
	}
	defer response.Body.Close()
	body, err := readAll(response.Body)
	if err != nil {
		return nil, err
	}
	c.took(time.Since(begin))
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, c.refusal(request, response, body)
	}
	return &Response{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// refusal returns the error for an answer without success.
func (c *Client) refusal(request *http.Request, response *http.Response, body []byte) error {
	var secrets []string
	for _, a := range c.authenticators {
		if response.StatusCode == http.StatusUnauthorized {
			if a, ok := a.(refuser); ok {
				a.refused(request)
			}
		}
		if a, ok := a.(interface{ Secrets() []string }); ok {
			secrets = append(secrets, a.Secrets()...)
		}
	}
	if c.classify != nil {
		if err := c.classify(response.StatusCode, response.Header, body); err != nil {
			return &redactedError{err, excerpt(bytes.NewReader([]byte(err.Error())), secrets...)}
		}
	}
	return classify(response.StatusCode, response.Header, excerpt(bytes.NewReader(body), secrets...))
}

// A redactedError is an error of a Classify without what should not be in it.
type redactedError struct {
	error
	text string
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Unwrap() error { return e.error }

// readAll returns a whole answer, or an error if it is endless.
func readAll(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	if len(data) > maxBody {
		return nil, fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	return data, nil
}
