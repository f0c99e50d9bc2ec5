package httpsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/scalerkit/scalerkit"
)

// An oauth is mode oauth.
type oauth struct {
	*Bearer
	config clientcredentials.Config
}

func clientCredentials(a *OAuth, client *http.Client) oauth {
	params, _ := url.ParseQuery(a.EndpointParams.Reveal()) // Parse has told of what is wrong with it
	o := oauth{config: clientcredentials.Config{
		ClientID:       a.ClientID,
		ClientSecret:   a.ClientSecret.Reveal(),
		TokenURL:       a.TokenURI,
		Scopes:         a.Scopes,
		EndpointParams: params,
	}}
	o.Bearer = NewBearer(func(ctx context.Context) (string, time.Time, error) {
		token, err := o.config.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
		if err != nil {
			return "", time.Time{}, o.explain(err)
		}
		return token.AccessToken, token.Expiry, nil
	})
	return o
}

// Authorize implements Authenticator.
func (o oauth) Authorize(ctx context.Context, r *http.Request) error {
	if err := o.Bearer.Authorize(ctx, r); err != nil {
		return fmt.Errorf("get an OAuth2 token: %w", err)
	}
	return nil
}

// Secrets returns what is to be kept out of errors.
func (o oauth) Secrets() []string { return append(o.Bearer.Secrets(), o.config.ClientSecret) }

// explain returns the error of a token request without URL and secrets.
func (o oauth) explain(err error) error {
	where := printable(o.config.TokenURL)
	refusal := new(oauth2.RetrieveError)
	if !errors.As(err, &refusal) {
		return fmt.Errorf("POST %s: %w", where, noAnswer(err))
	}
	detail := excerpt(bytes.NewReader(refusal.Body), o.config.ClientSecret)
	switch refusal.Response.StatusCode {
	case http.StatusOK, http.StatusBadRequest:
		// This is how servers say, the latter by RFC 6749, that they do not
		// accept the client, its secret or its scopes.
		err = fmt.Errorf("%w: %w", scalerkit.ErrDenied, Status(refusal.Response.StatusCode, detail))
	case http.StatusNotFound:
		err = Status(refusal.Response.StatusCode, detail) // it is not the source that is not there
	default:
		err = Refusal(refusal.Response.StatusCode, refusal.Response.Header, detail)
	}
	return fmt.Errorf("POST %s: %w", where, err)
}
