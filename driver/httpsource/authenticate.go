package httpsource

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"

	"github.com/scalerkit/scalerkit"
)

// An Authenticator adds credentials to a request. It may be called concurrently.
// Its error contains no secret. It may have more methods, which the [Client]
// calls:
//
//   - Secrets() []string returns what is to be kept out of errors.
//   - Refused(*http.Response) is told of an answer 401 or 403.
//   - Close() error is called with the Client's, unless it is an
//     [Access.Credential].
type Authenticator interface {
	Authorize(context.Context, *http.Request) error
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
	for _, mode := range a.Modes {
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
			all = append(all, clientCredentials(&a.OAuth, c))
		}
	}
	return all
}
