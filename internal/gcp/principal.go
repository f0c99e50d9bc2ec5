// Package gcp is what the drivers for Google's services have in common: who asks,
// tokens, and errors that tell the outcomes apart and contain no secret. Services
// are asked over HTTP by package httpsource; no client library of Google's is
// linked.
//
// # Who asks
//
// The first of these that applies: the program's own token source; for the
// identity "gcp", the default credentials of the process; the key of a service
// account that the trigger has.
//
// The default credentials are a file that GOOGLE_APPLICATION_CREDENTIALS names,
// such as that of workload identity federation, the file of gcloud, or what the
// metadata service of the machine or of GKE gives out. This is the one place where
// the environment of the process counts; CLOUDSDK_CORE_PROJECT, if it is set, is
// the project that goes with them.
//
// A trigger's key is taken as that of a service account only: other kinds of
// credentials name files, programs and hosts of their author's choice.
package gcp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
	"github.com/scalerkit/scalerkit/internal/transport"
)

// A Principal is who asks: the first of its fields that is set. It is comparable.
type Principal struct {
	Credential oauth2.TokenSource // the program's
	Identity   scalerkit.Identity // of the platform
	Key        scalerkit.Secret   // of a service account, as JSON
}

// Check returns what is wrong with the key if that is what counts. It says where
// tokens are from as well, and the program sends nothing elsewhere on its word.
func (p Principal) Check(options scalerkit.Options) error {
	if p.Credential != nil || p.Identity.IsSet() {
		return nil
	}
	config, err := google.JWTConfigFromJSON([]byte(p.Key.Reveal()))
	if err != nil {
		return errors.New("is not the key of a service account, as JSON") // err may quote it
	}
	if err := cloudhosts.Google.Check(config.TokenURL, options.IdentityEndpoints); err != nil {
		return fmt.Errorf("the token_uri in it: %w", err)
	}
	return nil
}

// source returns the tokens for a scope, and the project that goes with them if
// it is known.
func (p Principal) source(ctx context.Context, scope string) (tokens oauth2.TokenSource, project string, err error) {
	switch {
	case p.Credential != nil:
		return p.Credential, "", nil
	case p.Identity.IsSet():
		found, err := google.FindDefaultCredentials(ctx, scope)
		if err != nil {
			return nil, "", fmt.Errorf("find credentials of Google: %w", err)
		}
		return found.TokenSource, cmp.Or(os.Getenv("CLOUDSDK_CORE_PROJECT"), found.ProjectID), nil
	}
	config, err := google.JWTConfigFromJSON([]byte(p.Key.Reveal()), scope)
	if err != nil {
		return nil, "", errors.New("the key is not that of a service account, as JSON") // err may quote it
	}
	var key struct {
		Project string `json:"project_id"`
	}
	_ = json.Unmarshal([]byte(p.Key.Reveal()), &key) // it was JSON just now
	return config.TokenSource(ctx), key.Project, nil
}

// An Authenticator adds tokens to the requests of an [httpsource.Client].
type Authenticator struct {
	*httpsource.Bearer
	own       *transport.Transport
	client    *http.Client // for tokens
	principal Principal
	scope     string
}

// Authenticator returns one with tokens of p for a scope. They are kept until they
// expire or are refused.
func (p Principal) Authenticator(scope string, options scalerkit.Options) *Authenticator {
	a := &Authenticator{own: transport.New(transport.Config{}, options), principal: p, scope: scope}
	a.client = &http.Client{Transport: a.own, Timeout: a.own.Timeout}
	a.Bearer = httpsource.NewBearer(func(ctx context.Context) (string, time.Time, error) {
		tokens, _, err := p.source(a.context(ctx), scope)
		if err != nil {
			return "", time.Time{}, err
		}
		token, err := tokens.Token()
		if err != nil {
			return "", time.Time{}, fmt.Errorf("get a token: %w", explain(err))
		}
		return token.AccessToken, token.Expiry, nil
	})
	return a
}

// context returns one with which package oauth2 asks as a does.
func (a *Authenticator) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, a.client)
}

// Project returns the project that goes with who asks, for sources whose trigger
// does not name one.
func (a *Authenticator) Project(ctx context.Context) (string, error) {
	_, project, err := a.principal.source(a.context(ctx), a.scope)
	if err == nil && project == "" {
		err = errors.New("the credentials do not say what project they are of: name it in the trigger")
	}
	return project, err
}

// Close ends the fetching of tokens.
func (a *Authenticator) Close() error { return errors.Join(a.Bearer.Close(), a.own.Close()) }
