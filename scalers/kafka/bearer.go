package kafka

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/scalerkit/scalerkit"
)

// A tokenSource returns a bearer token. It is asked for each connection, which
// is seldom enough to keep none, and lets no refused one linger.
type tokenSource func(context.Context) (string, error)

// bearer is the SASL mechanism OAUTHBEARER.
type bearer struct {
	tokens     tokenSource
	extensions []string // as k=v
}

func (b bearer) Name() string { return "OAUTHBEARER" }

func (b bearer) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	token, err := b.tokens(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("get a token: %w", err)
	}
	const separator = "\x01"
	message := "n,," + separator + "auth=Bearer " + token + separator
	for _, e := range b.extensions {
		message += e + separator
	}
	return bearerSession{token}, []byte(message + separator), nil
}

type bearerSession struct{ token string }

// Next ends the session: a broker that has anything left to say refuses.
func (s bearerSession) Next(_ context.Context, challenge []byte) (bool, []byte, error) {
	if len(challenge) == 0 {
		return true, nil, nil
	}
	return false, nil, fmt.Errorf("the token is refused: %s", strings.ReplaceAll(string(challenge), s.token, "[redacted]"))
}

const tokenTimeout = 5 * time.Second

// tokens gets tokens for a client id and secret.
func (c *Cluster) tokens(options scalerkit.Options) tokenSource {
	client := options.HTTPClient
	if client == nil {
		client = &http.Client{
			Timeout:   tokenTimeout,
			Transport: &http.Transport{DialContext: options.Dial, DisableKeepAlives: true},
		}
	}
	config := clientcredentials.Config{
		ClientID:     c.Username,
		ClientSecret: c.Password.Reveal(),
		TokenURL:     c.OAuth.TokenURL,
		Scopes:       c.OAuth.Scopes,
	}
	return func(ctx context.Context) (string, error) {
		token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
		if err != nil {
			return "", tokenError(err)
		}
		return token.AccessToken, nil
	}
}

// tokenError returns the error of a token request without the address and the
// text of the answer, which may have secrets in them.
func tokenError(err error) error {
	refusal, failure := new(oauth2.RetrieveError), new(url.Error)
	switch {
	case errors.As(err, &refusal):
		err = errors.New(strings.TrimSpace("the token endpoint answers " + refusal.Response.Status + " " + refusal.ErrorCode))
		switch refusal.Response.StatusCode {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
		}
		return err
	case errors.As(err, &failure):
		return failure.Err
	}
	return err
}
