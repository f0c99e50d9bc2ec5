package httpkit

import (
	"encoding/base64"
	"maps"
	"net/http"

	"github.com/scalerkit/scalerkit"
)

const (
	secret = "hunter2-of-httpkit"
	wrong  = "not-the-secret"
	token  = "token-of-httpkit"

	tokenPath = "/oauth2/token"
)

type values = map[string]string

// A mode is one way to authenticate.
type mode struct {
	name, mode string
	metadata   func(server, secret string) values
	auth       func(server, secret string) values
	accepts    func(*http.Request) bool
}

// in returns a spec with that authentication.
func (m mode) in(spec scalerkit.Spec, server, secret string) scalerkit.Spec {
	if m.auth == nil {
		return spec
	}
	if m.mode != "" {
		spec = plus(spec, values{"authModes": m.mode}, nil)
	}
	return plus(spec, m.metadata(server, secret), m.auth(server, secret))
}

// mode returns the login as a mode that is none of authModes.
func (l Login) mode() mode {
	given := func(keys func(string) values) func(_, secret string) values {
		return func(_, secret string) values {
			if keys == nil {
				return nil
			}
			return keys(secret)
		}
	}
	return mode{l.Name, "", given(l.Metadata), given(l.Auth), func(r *http.Request) bool { return l.Accepts(r, secret) }}
}

// plus returns a spec with more in it.
func plus(spec scalerkit.Spec, metadata, auth values) scalerkit.Spec {
	spec.Metadata = joined(spec.Metadata, metadata)
	spec.Auth = joined(spec.Auth, scalerkit.Secrets(auth))
	return spec
}

func joined[V any](a, b map[string]V) map[string]V {
	both := make(map[string]V, len(a)+len(b))
	maps.Copy(both, a)
	maps.Copy(both, b)
	return both
}

var modes = []mode{
	{"basic", "basic", nothing, func(_, s string) values { return values{"username": "user", "password": s} }, func(r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		return user == "user" && password == secret
	}},
	{"bearer", "bearer", nothing, only("bearerToken"), has("Authorization", "Bearer "+secret)},
	{"apiKey in a header", "apiKey", nothing, only("apiKey"), has("X-Api-Key", secret)},
	{"apiKey in a header by name", "apiKey", always("keyParamName", "X-Key"), only("apiKey"), has("X-Key", secret)},
	{"apiKey in the query", "apiKey", always("method", "query"), only("apiKey"), func(r *http.Request) bool {
		return r.URL.Query().Get("api_key") == secret
	}},
	{"custom", "custom", nothing, func(_, s string) values {
		return values{"customAuthHeader": "X-Custom", "customAuthValue": s}
	}, has("X-Custom", secret)},
	{"oauth", "oauth", nothing, func(server, s string) values {
		return values{"oauthTokenURI": server + tokenPath, "clientID": "client", "clientSecret": s}
	}, has("Authorization", "Bearer "+token)},
}

func nothing(_, _ string) values { return nil }

func always(key, value string) func(_, _ string) values {
	return func(_, _ string) values { return values{key: value} }
}

func only(key string) func(_, secret string) values {
	return func(_, secret string) values { return values{key: secret} }
}

func has(header, value string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Header.Get(header) == value }
}

// serveToken gives out tokens for mode oauth.
func serveToken(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("client:"+secret)) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"access_token":"` + token + `","token_type":"bearer","expires_in":3600}`))
}
