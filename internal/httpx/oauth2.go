package httpx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/scalerkit/scalerkit"
)

// OAuth2 describes the client credentials grant. It is comparable.
type OAuth2 struct {
	TokenURL     string
	ClientID     string
	ClientSecret scalerkit.Secret
	Scopes       string           // separated by blanks
	Params       scalerkit.Secret // more form values for the token endpoint, URL-encoded
}

// IsSet reports whether there is anything to get a token with.
func (o OAuth2) IsSet() bool { return o != OAuth2{} }

// tokens has the current token. Whoever needs one while it is being fetched
// waits for the same attempt and shares its error, and no attempt ends with
// the request that began it.
type tokens struct {
	config clientcredentials.Config
	life   context.Context // ends with the Client
	end    context.CancelFunc

	mu      sync.Mutex
	current *oauth2.Token
	attempt *attempt // to fetch a token, if one is under way
}

type attempt struct {
	done  chan struct{} // closed when the fields below are set
	token *oauth2.Token
	err   error
}

func newTokens(o OAuth2, client *http.Client) *tokens {
	params, _ := url.ParseQuery(o.Params.Reveal()) // it was encoded from url.Values
	t := &tokens{config: clientcredentials.Config{
		ClientID:       o.ClientID,
		ClientSecret:   o.ClientSecret.Reveal(),
		TokenURL:       o.TokenURL,
		Scopes:         strings.Fields(o.Scopes),
		EndpointParams: params,
	}}
	t.life, t.end = context.WithCancel(context.WithValue(context.Background(), oauth2.HTTPClient, client))
	return t
}

// get returns the current token, after fetching one if need be.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	if t.current.Valid() {
		defer t.mu.Unlock()
		return t.current.AccessToken, nil
	}
	if t.attempt == nil {
		t.attempt = &attempt{done: make(chan struct{})}
		go t.fetch(t.attempt)
	}
	a := t.attempt
	t.mu.Unlock()

	select {
	case <-a.done:
		if a.err != nil {
			return "", a.err
		}
		return a.token.AccessToken, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (t *tokens) fetch(a *attempt) {
	token, err := t.config.Token(t.life)
	t.mu.Lock()
	defer t.mu.Unlock()
	defer close(a.done)
	t.attempt = nil
	if err != nil {
		a.err = t.explain(err)
		return
	}
	a.token, t.current = token, token
}

// forget drops a token that was refused, so that the next request fetches
// another.
func (t *tokens) forget(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil && t.current.AccessToken == token {
		t.current = nil
	}
}

// explain returns the error of a token request without URL and secret.
func (t *tokens) explain(err error) error {
	where := printable(t.config.TokenURL)
	refusal := new(oauth2.RetrieveError)
	if !errors.As(err, &refusal) {
		return fmt.Errorf("POST %s: %w", where, noAnswer(err))
	}
	detail := excerpt(bytes.NewReader(refusal.Body), t.config.ClientSecret)
	switch refusal.Response.StatusCode {
	case http.StatusOK, http.StatusBadRequest:
		// This is how servers say, the latter by RFC 6749, that they do not
		// accept the client, its secret or its scopes.
		err = fmt.Errorf("%w: %w", scalerkit.ErrDenied, statusError(refusal.Response, detail))
	case http.StatusNotFound:
		err = statusError(refusal.Response, detail) // it is not the source that is not there
	default:
		err = classify(refusal.Response, detail)
	}
	return fmt.Errorf("POST %s: %w", where, err)
}
