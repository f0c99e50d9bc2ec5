package httpsource

import (
	"net/http"
	"slices"
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

// Where an API key goes, see [Access.Method].
const (
	InHeader = "header"
	InQuery  = "query"
)

// Access is the part of a trigger's parameters that says how to authenticate, by
// the words of KEDA's authModes. It is part of the key under which Scalers share
// a connection.
type Access struct {
	Modes []string `scaler:"authModes|authMode" from:"metadata,auth" enum:"apiKey|basic|bearer|custom|oauth|tls" doc:"how to authenticate, in one way or several; of basic, bearer and oauth only one"`

	Username    string           `scaler:"username" from:"auth" doc:"user, for mode basic"`
	Password    scalerkit.Secret `scaler:"password" from:"auth" doc:"password, for mode basic"`
	BearerToken scalerkit.Secret `scaler:"bearerToken|token" from:"auth" doc:"token, for mode bearer"`

	APIKey       scalerkit.Secret `scaler:"apiKey" from:"metadata,auth" doc:"key, for mode apiKey"`
	Method       string           `scaler:"method" from:"metadata,auth" default:"header" enum:"header|query" doc:"where the key goes, for mode apiKey"`
	KeyParamName string           `scaler:"keyParamName" from:"metadata,auth" doc:"name of the header, X-API-KEY if empty, or of the query parameter, api_key if empty, for mode apiKey"`

	CustomAuthHeader string           `scaler:"customAuthHeader" from:"auth" doc:"name of the header, for mode custom"`
	CustomAuthValue  scalerkit.Secret `scaler:"customAuthValue" from:"auth" doc:"what is in it, for mode custom"`

	OAuth

	Timeout time.Duration `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`
	TLS     driver.TLS

	// Client, if not nil, sends the requests, and [scalerkit.Options.HTTPClient]
	// does not. It is the program's, and Close leaves it alone. It is part of the
	// key under which Scalers share a connection.
	Client *http.Client `scaler:"-"`

	// Credential, if not nil, adds credentials to the requests. It is the
	// program's, and Close leaves it alone. It is part of the key under which
	// Scalers share a connection.
	Credential Authenticator `scaler:"-"`
}

// OAuth is the part of a trigger's parameters by which it gets tokens with the
// client credentials grant of OAuth2.
type OAuth struct {
	TokenURI       string           `scaler:"oauthTokenURI" from:"auth,metadata" format:"url" doc:"URL of the token endpoint, for OAuth2"`
	ClientID       string           `scaler:"clientID" from:"auth,metadata" doc:"client, for OAuth2"`
	ClientSecret   scalerkit.Secret `scaler:"clientSecret" from:"auth" doc:"its secret, for OAuth2"`
	Scopes         []string         `scaler:"scopes|scope" from:"auth,metadata" doc:"scopes to ask for, for OAuth2"`
	EndpointParams scalerkit.Secret `scaler:"endpointParams" from:"auth" format:"query" doc:"more values for the token endpoint, for OAuth2"`
}

// Parse implements [driver.Parser].
func (a *Access) Parse(p *driver.Problems) {
	exclusive := 0
	for _, mode := range a.Modes {
		need := func(fields ...any) {
			for _, field := range fields {
				p.Require(field, "mode %s needs it", mode)
			}
		}
		switch mode {
		case ModeBasic:
			need(&a.Username)
		case ModeBearer:
			need(&a.BearerToken)
		case ModeAPIKey:
			need(&a.APIKey)
		case ModeCustom:
			need(&a.CustomAuthHeader, &a.CustomAuthValue)
		case ModeOAuth:
			need(&a.TokenURI, &a.ClientID)
		case ModeTLS:
			need(&a.TLS.Cert, &a.TLS.Key)
		}
		if mode == ModeBasic || mode == ModeBearer || mode == ModeOAuth {
			exclusive++
		}
	}
	if exclusive > 1 {
		p.Add(&a.Modes, "has more than one of %s, %s and %s, which say the same thing to a server", ModeBasic, ModeBearer, ModeOAuth)
	}
}

// Has reports whether a mode of authentication is asked for.
func (a *Access) Has(mode string) bool { return slices.Contains(a.Modes, mode) }

// IsSet reports whether there is any authentication.
func (a *Access) IsSet() bool { return len(a.Modes) > 0 || a.Credential != nil }
