// Package httpx is the HTTP client of the drivers whose sources speak HTTP. It
// turns answers into the errors of package scalerkit, follows no redirect to
// another host, and lets no credential into an error.
package httpx

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlshint"
	"github.com/scalerkit/scalerkit/internal/transport"
)

const (
	maxConnections = 2        // to each host
	maxBody        = 32 << 20 // bytes of an answer
)

// ErrNoAnswer means that there was no answer at all, or not the whole of it.
var ErrNoAnswer = errors.New("no answer")

// A Config says how a Client authenticates, and how long it waits. It is
// comparable, so that it can be part of a scalerkit.Pool key.
type Config struct {
	Timeout  time.Duration    // for a request and its answer; 0: what scalerkit.Options say
	Username string           // for basic authentication; empty: none
	Password scalerkit.Secret // for basic authentication
	OAuth2   OAuth2           // for bearer tokens, in place of basic authentication
}

// A Client sends requests to one source. Its methods may be called
// concurrently.
type Client struct {
	config Config
	http   *http.Client
	own    *transport.Transport // nil if http is the program's
	tokens *tokens              // nil if the Config has no OAuth2
}

// New returns a Client. It speaks TLS according to t, unless options has an
// HTTPClient. It does no I/O.
func New(config Config, t *tls.Config, options scalerkit.Options) *Client {
	c := &Client{config: config}
	var client http.Client
	if options.HTTPClient != nil {
		client = *options.HTTPClient
		client.Timeout = cmp.Or(config.Timeout, client.Timeout)
	} else {
		c.own = transport.New(transport.Config{TLS: t, Connections: maxConnections, Timeout: config.Timeout}, options)
		client.Transport, client.Timeout = c.own, c.own.Timeout
	}
	if client.CheckRedirect == nil {
		client.CheckRedirect = stayOnHost
	}
	c.http = &client
	if config.OAuth2.IsSet() {
		c.tokens = newTokens(config.OAuth2, c.http)
	}
	return c
}

// Close ends what the Client has under way, and its connections.
func (c *Client) Close() error {
	if c.tokens != nil {
		c.tokens.end()
	}
	if c.own != nil {
		return c.own.Close()
	}
	return nil
}

// Token returns the token that goes with requests, after fetching one if need
// be, for those whose requests are not HTTP. The Config has to have an OAuth2.
func (c *Client) Token(ctx context.Context) (string, error) { return c.tokens.get(ctx) }

// Forget drops a token that was refused, so that the next is another.
func (c *Client) Forget(token string) { c.tokens.forget(token) }

// GetJSON decodes the answer to a GET request into the value that into points
// to. The error wraps ErrNoAnswer if there was none, and scalerkit.ErrDenied,
// ErrNotFound or a ThrottledError if the answer was one of these.
func (c *Client) GetJSON(ctx context.Context, address string, into any) error {
	err := c.getJSON(ctx, address, into)
	if err != nil {
		return fmt.Errorf("GET %s: %w", printable(address), err)
	}
	return nil
}

func (c *Client) getJSON(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return errors.New("this is no URL")
	}
	request.Header.Set("Accept", "application/json")
	credential, err := c.authorize(ctx, request)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return noAnswer(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		if response.StatusCode == http.StatusUnauthorized && c.tokens != nil {
			c.tokens.forget(credential)
		}
		return classify(response, c.excerpt(response.Body, credential))
	}
	body, err := readAll(response.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("the answer is not the JSON that it should be: %w", err)
	}
	return nil
}

// authorize adds the credential to a request and returns it.
func (c *Client) authorize(ctx context.Context, r *http.Request) (credential string, err error) {
	switch {
	case c.tokens != nil:
		if credential, err = c.tokens.get(ctx); err != nil {
			return "", fmt.Errorf("get an OAuth2 token: %w", err)
		}
		r.Header.Set("Authorization", "Bearer "+credential)
	case c.config.Username != "":
		credential = base64.StdEncoding.EncodeToString([]byte(c.config.Username + ":" + c.config.Password.Reveal()))
		r.Header.Set("Authorization", "Basic "+credential)
	}
	return credential, nil
}

// excerpt returns the beginning of what a server has to say about a failure,
// without the secrets that it may repeat.
func (c *Client) excerpt(body io.Reader, credential string) string {
	return excerpt(body, credential, c.config.Password.Reveal(), c.config.OAuth2.ClientSecret.Reveal())
}

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

// stayOnHost follows redirects on the same host only: headers go along, and
// with them credentials, which are nobody else's business.
func stayOnHost(next *http.Request, before []*http.Request) error {
	const most = 3
	from, to := before[0].URL, next.URL
	upgraded := from.Scheme == "http" && to.Scheme == "https" && from.Hostname() == to.Hostname()
	if !upgraded && (from.Scheme != to.Scheme || from.Host != to.Host) {
		return fmt.Errorf("it redirects to %s://%s, which is not followed", to.Scheme, to.Host)
	}
	if len(before) > most {
		return errors.New("it redirects too often")
	}
	return nil
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
	line := strings.Join(strings.Fields(strings.ToValidUTF8(string(data), "")), " ")
	for _, secret := range secrets {
		if secret != "" {
			line = strings.ReplaceAll(line, secret, "[redacted]")
		}
	}
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + " …"
	}
	return line
}
