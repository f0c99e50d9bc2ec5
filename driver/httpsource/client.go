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
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/transport"
)

const (
	maxConnections = 32       // to each host, unless the driver says otherwise
	maxBody        = 32 << 20 // bytes of an answer
)

// ErrNoAnswer means that there was no answer at all, or not the whole of it.
var ErrNoAnswer = errors.New("no answer")

// Settings are what a Client is made of. The zero value is ready to use.
type Settings struct {
	Access Access

	// Connections is how many there are to each host at most; 0 is 32.
	Connections int

	// Elsewhere follows redirects to other hosts, too, whom requests are sent to
	// without headers other than Accept, and so without credentials.
	Elsewhere bool

	// Authenticators add credentials besides those of Access. The Client closes
	// them.
	Authenticators []Authenticator

	// Identity, if set, makes one more: see [Identities.Opener].
	Identity Opener

	// Classify, if set, is asked first what an answer without success means.
	Classify Classify
}

// A Client sends requests to one source. Its methods may be called
// concurrently.
type Client struct {
	http           *http.Client
	authenticators []Authenticator
	closers        []io.Closer // what is not the program's
	classify       Classify
	connections    int           // to each host, at most
	slots          chan struct{} // for requests under way; nil if http is the program's
	roundTrip      atomic.Int64  // how long a request takes, in nanoseconds; 0: not known
}

// New returns a Client. It does no I/O. With [Access.Client] or
// [scalerkit.Options.HTTPClient] set, requests go through that, and it is neither
// changed nor closed.
func New(s Settings, options scalerkit.Options) (*Client, error) {
	c := &Client{classify: s.Classify, connections: cmp.Or(s.Connections, maxConnections)}
	if client := cmp.Or(s.Access.Client, options.HTTPClient); client != nil {
		program := *client
		c.http = &program
		c.http.Timeout = cmp.Or(s.Access.Timeout, program.Timeout)
	} else {
		config, err := s.Access.TLS.Config(options)
		if err != nil {
			return nil, err
		}
		own := transport.New(transport.Config{TLS: config, Connections: c.connections, Timeout: s.Access.Timeout}, options)
		c.http = &http.Client{Transport: own, Timeout: own.Timeout}
		c.closers = []io.Closer{own}
		c.slots = make(chan struct{}, c.connections)
	}
	if c.http.CheckRedirect == nil {
		c.http.CheckRedirect = stayOnHost
		if s.Elsewhere {
			c.http.CheckRedirect = leaveCredentials
		}
	}
	c.authenticators = append(s.Access.authenticators(c.http), s.Authenticators...)
	if s.Identity != nil {
		c.authenticators = append(c.authenticators, s.Identity())
	}
	for _, a := range c.authenticators {
		if a, ok := a.(io.Closer); ok {
			c.closers = append(c.closers, a)
		}
	}
	if s.Access.Credential != nil {
		c.authenticators = append(c.authenticators, s.Access.Credential)
	}
	return c, nil
}

// Close ends what the Client has under way, and its connections.
func (c *Client) Close() error {
	var errs []error
	for _, closer := range slices.Backward(c.closers) {
		errs = append(errs, closer.Close())
	}
	return errors.Join(errs...)
}

// A Request is one request. URL is all that has to be set.
type Request struct {
	Method string // GET if empty
	URL    string
	Header http.Header
	Body   []byte

	// Secrets are what is to be kept out of errors, besides the secrets of
	// authentication: those in Header, say.
	Secrets []string
}

// String returns what errors call the request: its method and URL, without the
// parts of that which may have credentials in them.
func (r Request) String() string {
	return cmp.Or(r.Method, http.MethodGet) + " " + printable(r.URL)
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
		return nil, fmt.Errorf("%v: %w", r, err)
	}
	return response, nil
}

// GetJSON decodes the answer to a GET request into the value that into points
// to. An answer of null is an error. Errors are as those of Do.
func (c *Client) GetJSON(ctx context.Context, url string, into any) error {
	return c.DoJSON(ctx, Request{URL: url}, into)
}

// DoJSON decodes the answer to a request into the value that into points to. An
// answer of null is an error: it would leave that value as it is, and a zero
// would stand for what nobody said. Errors are as those of Do.
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
	err = json.Unmarshal(response.Body, into)
	if string(bytes.TrimSpace(response.Body)) == "null" {
		err = errors.New("it is null")
	}
	if err != nil {
		return fmt.Errorf("%v: the answer is not the JSON that it should be: %w", r, err)
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
	if err := c.await(ctx); err != nil {
		return nil, err
	}
	defer c.release()
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
		return nil, elsewhere(request, response, c.refusal(r, response, body))
	}
	return &Response{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// await waits for a request's turn, and not for a connection in the transport,
// where the time would be the request's own.
func (c *Client) await(ctx context.Context) error {
	if c.slots == nil {
		return nil
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Client) release() {
	if c.slots != nil {
		<-c.slots
	}
}

// refusal returns the error for an answer without success.
func (c *Client) refusal(r Request, response *http.Response, body []byte) error {
	refused := response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden
	for _, a := range c.authenticators {
		if a, ok := a.(interface{ Refused(*http.Response) }); ok && refused {
			a.Refused(response)
		}
	}
	if c.classify != nil {
		if err := c.classify(response.StatusCode, response.Header, body); err != nil {
			return &redactedError{err, c.Excerpt(err.Error(), r.Secrets...)}
		}
	}
	return Refusal(response.StatusCode, response.Header, excerpt(bytes.NewReader(body), c.secrets(r.Secrets)...))
}

// Excerpt returns the beginning of a text that is from an answer, in one line and
// without the secrets of authentication and those given, for an error or a note.
func (c *Client) Excerpt(text string, secrets ...string) string {
	return excerpt(strings.NewReader(text), c.secrets(secrets)...)
}

// secrets returns those of authentication and those given.
func (c *Client) secrets(given []string) []string {
	secrets := slices.Clone(given)
	for _, a := range c.authenticators {
		if a, ok := a.(interface{ Secrets() []string }); ok {
			secrets = append(secrets, a.Secrets()...)
		}
	}
	return secrets
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
