package httpsource

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// The modes of authentication, see [Access.Modes].
const (
	ModeBasic  = "basic"  // Username and Password
	ModeBearer = "bearer" // BearerToken
	ModeAPIKey = "apiKey" // APIKey in a header or in the query
	ModeCustom = "custom" // CustomAuthValue in a header
	ModeOAuth  = "oauth"  // a token by the client credentials grant
	ModeTLS    = "tls"    // a client certificate
)

var modes = []string{ModeAPIKey, ModeBasic, ModeBearer, ModeCustom, ModeOAuth, ModeTLS}

// Where an API key goes, see [Access.Method].
const (
	InHeader = "header"
	InQuery  = "query"
)

// Access is the part of a trigger's parameters that says how to authenticate, by
// the words of KEDA's authModes. It is comparable: part of the key under which
// Scalers share a connection.
type Access struct {
	Modes string `scaler:"authModes|authMode" from:"metadata,auth" doc:"how to authenticate: apiKey, basic, bearer, custom, oauth, tls, or several of them with a comma between; of basic, bearer and oauth only one"`

	Username    string           `scaler:"username" from:"auth" doc:"user, for mode basic"`
	Password    scalerkit.Secret `scaler:"password" from:"auth" doc:"password, for mode basic"`
	BearerToken scalerkit.Secret `scaler:"bearerToken|token" from:"auth" doc:"token, for mode bearer"`

	APIKey       scalerkit.Secret `scaler:"apiKey" from:"metadata,auth" doc:"key, for mode apiKey"`
	Method       string           `scaler:"method" from:"metadata,auth" default:"header" enum:"header|query" doc:"where the key goes, for mode apiKey"`
	KeyParamName string           `scaler:"keyParamName" from:"metadata,auth" doc:"name of the header, X-API-KEY if empty, or of the query parameter, api_key if empty, for mode apiKey"`

	CustomAuthHeader string           `scaler:"customAuthHeader" from:"auth" doc:"name of the header, for mode custom"`
	CustomAuthValue  scalerkit.Secret `scaler:"customAuthValue" from:"auth" doc:"what is in it, for mode custom"`

	TokenURI       string           `scaler:"oauthTokenURI" from:"auth" doc:"URL of the token endpoint, for mode oauth"`
	ClientID       string           `scaler:"clientID" from:"auth" doc:"client, for mode oauth"`
	ClientSecret   scalerkit.Secret `scaler:"clientSecret" from:"auth" doc:"its secret, for mode oauth"`
	Scopes         string           `scaler:"scopes|scope" from:"auth" doc:"scopes to ask for, separated by commas, for mode oauth"`
	EndpointParams scalerkit.Secret `scaler:"endpointParams" from:"auth" doc:"more values for the token endpoint, as in a query string, for mode oauth"`

	Timeout time.Duration `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`
	TLS     driver.TLS
}

// Parse implements [driver.Parser].
func (a *Access) Parse(p *driver.Problems) {
	need := func(mode string, is bool, field any) {
		if !is {
			p.Add(field, "is missing: mode %s needs it", mode)
		}
	}
	exclusive := 0
	for _, mode := range a.modes() {
		switch mode {
		case ModeBasic:
			need(mode, a.Username != "", &a.Username)
		case ModeBearer:
			need(mode, a.BearerToken.IsSet(), &a.BearerToken)
		case ModeAPIKey:
			need(mode, a.APIKey.IsSet(), &a.APIKey)
		case ModeCustom:
			need(mode, a.CustomAuthHeader != "", &a.CustomAuthHeader)
			need(mode, a.CustomAuthValue.IsSet(), &a.CustomAuthValue)
		case ModeOAuth:
			need(mode, a.TokenURI != "", &a.TokenURI)
			need(mode, a.ClientID != "", &a.ClientID)
			a.parseOAuth(p)
		case ModeTLS:
			need(mode, a.TLS.Cert != "", &a.TLS.Cert)
			need(mode, a.TLS.Key.IsSet(), &a.TLS.Key)
		default:
			p.Add(&a.Modes, "%q is not one of %s", mode, strings.Join(modes, ", "))
		}
		if mode == ModeBasic || mode == ModeBearer || mode == ModeOAuth {
			exclusive++
		}
	}
	if exclusive > 1 {
		p.Add(&a.Modes, "has more than one of %s, %s and %s, which say the same thing to a server", ModeBasic, ModeBearer, ModeOAuth)
	}
}

func (a *Access) parseOAuth(p *driver.Problems) {
	if u, err := url.Parse(a.TokenURI); a.TokenURI != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		p.Add(&a.TokenURI, "is not a URL such as https://login.example.com/token")
	}
	if _, err := url.ParseQuery(a.EndpointParams.Reveal()); err != nil {
		p.Add(&a.EndpointParams, `is not a query string such as "a=1&b=2"`)
	}
}

// Has reports whether a mode of authentication is asked for.
func (a *Access) Has(mode string) bool { return slices.Contains(a.modes(), mode) }

// IsSet reports whether any mode of authentication is asked for.
func (a *Access) IsSet() bool { return len(a.modes()) > 0 }

func (a *Access) modes() []string { return split(a.Modes) }

// split returns the elements of a list with commas.
func split(list string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }),
		func(s string) bool { return s == "" })
}
