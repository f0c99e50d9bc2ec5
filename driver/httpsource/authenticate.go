package httpsource

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/scalerkit/scalerkit"
)

// An Authenticator adds credentials to a request. It may be called concurrently.
// Its error contains no secret. Where it has a method Secrets() []string, what
// that returns is kept out of errors.
type Authenticator interface {
	Authorize(context.Context, *http.Request) error
}

// An Audience is whom credentials of an Identity are for. Which fields are set
// depends on the cloud.
type Audience struct {
	Scope   string // Azure, Google: of the token
	Service string // AWS: that signatures are for, such as "aps"
	Region  string // AWS
}

// Identities are the ways in which a program can authenticate by the platform
// that it runs on, by the Provider of a [scalerkit.Identity]. A program passes
// them to a driver, so that nobody links the libraries of a cloud unasked.
type Identities map[string]func(scalerkit.Identity, Audience, scalerkit.Options) (Authenticator, error)

// Authenticator returns that of an Identity, which is set. The error is a
// [scalerkit.ConfigError].
func (i Identities) Authenticator(identity scalerkit.Identity, audience Audience, options scalerkit.Options) (Authenticator, error) {
	make, ok := i[identity.Provider]
	if !ok {
		return nil, scalerkit.ConfigError{Key: "podIdentity", Problem: fmt.Sprintf("%q is not a provider that this program and this trigger type know", identity.Provider)}
	}
	return make(identity, audience, options)
}

// basic is mode basic.
type basic struct {
	username string
	password scalerkit.Secret
}

func (b basic) Authorize(_ context.Context, r *http.Request) error {
	r.SetBasicAuth(b.username, b.password.Reveal())
	return nil
}

func (b basic) Secrets() []string {
	password := b.password.Reveal()
	return []string{password, base64.StdEncoding.EncodeToString([]byte(b.username + ":" + password))}
}

// header is modes bearer and custom, and apiKey in a header.
type header struct {
	name, prefix string
	value        scalerkit.Secret
}

func (h header) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set(h.name, h.prefix+h.value.Reveal())
	return nil
}

func (h header) Secrets() []string { return []string{h.value.Reveal()} }

// parameter is mode apiKey in the query.
type parameter struct {
	name  string
	value scalerkit.Secret
}

func (p parameter) Authorize(_ context.Context, r *http.Request) error {
	query := r.URL.Query()
	query.Set(p.name, p.value.Reveal())
	r.URL.RawQuery = query.Encode()
	return nil
}

func (p parameter) Secrets() []string { return []string{p.value.Reveal()} }

// authenticators returns those of the modes of a.
func (a *Access) authenticators(c *http.Client) []Authenticator {
	var all []Authenticator
	for _, mode := range a.modes() {
		switch {
		case mode == ModeBasic:
			all = append(all, basic{a.Username, a.Password})
		case mode == ModeBearer:
			all = append(all, header{"Authorization", "Bearer ", a.BearerToken})
		case mode == ModeCustom:
			all = append(all, header{a.CustomAuthHeader, "", a.CustomAuthValue})
		case mode == ModeAPIKey && a.Method == InQuery:
			all = append(all, parameter{cmp.Or(a.KeyParamName, "api_key"), a.APIKey})
		case mode == ModeAPIKey:
			all = append(all, header{cmp.Or(a.KeyParamName, "X-API-KEY"), "", a.APIKey})
		case mode == ModeOAuth:
			all = append(all, newTokens(a, c))
		}
	}
	return all
}

// A refuser is told that what it authenticated was refused.
type refuser interface{ refused(*http.Request) }

// An ender has something under way of its own accord.
type ender interface{ end() }
