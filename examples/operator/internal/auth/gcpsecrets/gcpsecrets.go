// Package gcpsecrets reads secrets from GCP Secret Manager, with the key of a
// service account or by workload identity.
package gcpsecrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const (
	endpoint = "https://secretmanager.googleapis.com/v1/"
	scope    = "https://www.googleapis.com/auth/cloud-platform"
	latest   = "latest"
	atATime  = 4 // requests
)

// A Config says which secrets to read, and who asks.
type Config struct {
	Secrets []v1alpha1.GCPSecretManagerSecret

	// Key is the JSON key of a service account. If it is not set, it is the
	// process's own identity that asks: what Google's libraries call the
	// application default credentials.
	Key scalerkit.Secret

	// Project is that of the process's own identity, if it is not the one that
	// Google's libraries find, empty otherwise.
	Project string

	Client *http.Client // see [store.NewClient]
}

// A Manager has the secrets of one Config. It is not for concurrent use.
type Manager struct {
	Config
	project string
	tokens  oauth2.TokenSource // nil until it is needed
}

// New returns a Manager. It does no I/O.
func New(c Config) *Manager { return &Manager{Config: c} }

// Read returns all secrets. The error has the reason for each that cannot be
// read.
func (m *Manager) Read(ctx context.Context) (store.Answer, error) {
	token, err := m.token(ctx)
	if err != nil {
		return store.Answer{}, err
	}
	texts := make([]string, len(m.Secrets))
	problems := make([]error, len(m.Secrets))
	each.Do(len(m.Secrets), atATime, func(i int) {
		secret := m.Secrets[i]
		var err error
		if texts[i], err = m.get(ctx, token, secret); err != nil {
			problems[i] = fmt.Errorf("%s: %w", secret.Parameter, err)
		}
	})
	values := make(map[string]string, len(m.Secrets))
	for i, secret := range m.Secrets {
		values[secret.Parameter] = texts[i]
	}
	return store.Answer{Values: values}, errors.Join(problems...)
}

func (m *Manager) get(ctx context.Context, token string, secret v1alpha1.GCPSecretManagerSecret) (string, error) {
	name := fmt.Sprintf("projects/%s/secrets/%s/versions/%s",
		url.PathEscape(m.project), url.PathEscape(secret.ID), url.PathEscape(cmp.Or(secret.Version, latest)))
	var response struct {
		Payload struct {
			Data []byte `json:"data"`
		} `json:"payload"`
	}
	err := store.Request{
		Method: http.MethodGet,
		URL:    endpoint + name + ":access",
		Header: http.Header{"Authorization": {"Bearer " + token}},
		Token:  token,
	}.Do(ctx, m.Client, &response)
	return string(response.Payload.Data), err
}
