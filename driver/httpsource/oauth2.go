package httpsource

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

// tokens has the current token. Whoever needs one while it is being fetched
// waits for the same attempt and shares its error, and no attempt ends with
// the request that began it.
type tokens struct {
	config clientcredentials.Config
	life   context.Context // ends with the Client
	cancel context.CancelFunc

	mu           sync.Mutex
	current      *oauth2.Token
	attempt      *attempt // to fetch a token, if one is under way
	refusedToken string   // the last that was
}

type attempt struct {
	done  chan struct{} // closed when the fields below are set
	token *oauth2.Token
	err   error
}

func newTokens(a *Access, client *http.Client) *tokens {
	params, _ := url.ParseQuery(a.EndpointParams.Reveal()) // Parse has told of what is wrong with it
	t := &tokens{config: clientcredentials.Config{
		ClientID:       a.ClientID,
		ClientSecret:   a.ClientSecret.Reveal(),
		TokenURL:       a.TokenURI,
		Scopes:         split(a.Scopes),
		EndpointParams: params,
	}}
	t.life, t.cancel = context.WithCancel(context.WithValue(context.Background(), oauth2.HTTPClient, client))
	return t
}

// Authorize implements Authenticator.
func (t *tokens) Authorize(ctx context.Context, r *http.Request) error {
	token, err := t.get(ctx)
	if err != nil {
		return fmt.Errorf("get an OAuth2 token: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// Secrets returns what is to be kept out of errors.
func (t *tokens) Secrets() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	secrets := []string{t.config.ClientSecret, t.refusedToken}
	if t.current != nil {
		secrets = append(secrets, t.current.AccessToken)
	}
	return secrets
}

// refused drops the token of a request, so that the next has another.
func (t *tokens) refused(r *http.Request) {
	t.forget(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
}

func (t *tokens) end() { t.cancel() }

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
	t.refusedToken = token
	if t.current != nil && t.current.AccessToken == token {
		t.current = nil
	}
}

// explain returns the error of a token request without URL and secrets.
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
		err = fmt.Errorf("%w: %w", scalerkit.ErrDenied, Status(refusal.Response.StatusCode, detail))
	case http.StatusNotFound:
		err = Status(refusal.Response.StatusCode, detail) // it is not the source that is not there
	default:
		err = classify(refusal.Response.StatusCode, refusal.Response.Header, detail)
	}
	return fmt.Errorf("POST %s: %w", where, err)
}
