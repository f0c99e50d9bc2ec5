// Package googleidentity authenticates to sources in Google's cloud, such as its
// managed Prometheus: with the key of a service account that a trigger has, or
// for a podIdentity of provider gcp with the default credentials of the process,
// which are a file that GOOGLE_APPLICATION_CREDENTIALS names, that of gcloud, or
// the metadata service of the machine.
//
// A trigger's key is asked for as a service account only: other kinds of
// credentials name files, programs and hosts of their author's choice.
package googleidentity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"golang.org/x/oauth2/jwt"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
	"github.com/scalerkit/scalerkit/internal/transport"
)

// Identities returns Google's.
func Identities() httpsource.Identities {
	return httpsource.Identities{httpsource.ProviderGoogle: opener}
}

func opener(p httpsource.Platform, audience httpsource.Audience, options scalerkit.Options) (httpsource.Opener, error) {
	source := func(ctx context.Context) (oauth2.TokenSource, error) {
		return google.DefaultTokenSource(ctx, audience.Scope)
	}
	if !p.Identity.IsSet() {
		key, err := serviceAccount(p.GoogleCredentials, audience.Scope, options)
		if err != nil {
			return nil, err
		}
		source = func(ctx context.Context) (oauth2.TokenSource, error) { return key.TokenSource(ctx), nil }
	}
	return func() httpsource.Authenticator {
		own := transport.New(transport.Config{}, options)
		client := &http.Client{Transport: own, Timeout: own.Timeout}
		return authenticator{own, httpsource.NewBearer(func(ctx context.Context) (string, time.Time, error) {
			tokens, err := source(context.WithValue(ctx, oauth2.HTTPClient, client))
			if err != nil {
				return "", time.Time{}, fmt.Errorf("find credentials of Google: %w", err)
			}
			token, err := tokens.Token()
			if err != nil {
				return "", time.Time{}, fmt.Errorf("get a token: %w", explain(err))
			}
			return token.AccessToken, token.Expiry, nil
		})}
	}, nil
}

// serviceAccount reads the key of a service account. It says where tokens are
// from as well, and the program sends nothing elsewhere on its word.
func serviceAccount(key scalerkit.Secret, scope string, options scalerkit.Options) (*jwt.Config, error) {
	config, err := google.JWTConfigFromJSON([]byte(key.Reveal()), scope)
	if err != nil {
		return nil, errors.New("GoogleApplicationCredentials is not the key of a service account, as JSON") // err may quote it
	}
	if err := cloudhosts.Google.Check(config.TokenURL, options.IdentityEndpoints); err != nil {
		return nil, fmt.Errorf("the token_uri in GoogleApplicationCredentials: %w", err)
	}
	return config, nil
}

// explain returns the error of a token request without its URL.
func explain(err error) error {
	refusal := new(oauth2.RetrieveError)
	if !errors.As(err, &refusal) || refusal.Response == nil {
		return err
	}
	var detail struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(refusal.Body, &detail) // the status says enough if it is no JSON
	status := httpsource.Status(refusal.Response.StatusCode, detail.Error)
	switch refusal.Response.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, status)
	case http.StatusTooManyRequests:
		return &scalerkit.ThrottledError{RetryAfter: httpsource.RetryAfter(refusal.Response.Header, time.Now()), Err: status}
	}
	return status
}

type authenticator struct {
	own *transport.Transport
	*httpsource.Bearer
}

// Close ends the fetching of tokens.
func (a authenticator) Close() error { return errors.Join(a.Bearer.Close(), a.own.Close()) }
