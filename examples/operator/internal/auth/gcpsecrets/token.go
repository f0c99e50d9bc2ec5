package gcpsecrets

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// token returns an access token, after finding out who asks if need be.
func (m *Manager) token(ctx context.Context) (string, error) {
	if m.tokens == nil {
		find := m.own
		if m.Key.IsSet() {
			find = m.serviceAccount
		}
		if err := find(ctx); err != nil {
			return "", err
		}
	}
	token, err := m.tokens.Token()
	if err != nil {
		return "", fmt.Errorf("get a token: %w", explain(err))
	}
	return token.AccessToken, nil
}

// serviceAccount takes the identity from the key. The tokens are signed with
// it, so that there is nobody to ask for them.
func (m *Manager) serviceAccount(context.Context) error {
	var key struct {
		Type    string `json:"type"`
		Project string `json:"project_id"`
	}
	text := []byte(m.Key.Reveal())
	switch err := json.Unmarshal(text, &key); {
	case err != nil:
		return errors.New("the credentials are not the JSON key of a service account")
	case key.Type != "service_account":
		return fmt.Errorf("the credentials are of type %q: use the key of a service_account", key.Type)
	case key.Project == "":
		return errors.New("the credentials have no project_id")
	}
	tokens, err := google.JWTAccessTokenSourceWithScope(text, scope)
	if err != nil {
		return errors.New("the private_key in the credentials is not an RSA key in PEM")
	}
	m.tokens, m.project = tokens, key.Project
	return nil
}

// own takes the identity that the process has.
func (m *Manager) own(ctx context.Context) error {
	// The tokens outlive the first Read.
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, m.Client)
	found, err := google.FindDefaultCredentials(ctx, scope)
	if err != nil {
		return fmt.Errorf("the operator has no Google identity: %w", err)
	}
	m.project = cmp.Or(m.Project, found.ProjectID)
	if m.project == "" {
		return errors.New("the project is not known: set CLOUDSDK_CORE_PROJECT in the operator's environment")
	}
	m.tokens = found.TokenSource
	return nil
}

// explain returns why there is no token, without what the authority says: that
// may repeat the assertion.
func explain(err error) error {
	if refused := new(oauth2.RetrieveError); errors.As(err, &refused) && refused.Response != nil {
		err := errors.New(refused.Response.Status)
		switch refused.Response.StatusCode {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
		}
		return err
	}
	if failed := new(url.Error); errors.As(err, &failed) {
		err = failed.Err // without the URL
	}
	return fmt.Errorf("%w: %w", httpsource.ErrNoAnswer, err)
}
