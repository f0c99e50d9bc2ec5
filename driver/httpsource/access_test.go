package httpsource_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

type values = map[string]string

func decode(metadata, auth values) (httpsource.Access, error) {
	var config struct{ httpsource.Access }
	err := driver.Decode(scalerkit.Spec{Type: "x", Metadata: metadata, Auth: scalerkit.Secrets(auth)}, &config)
	return config.Access, err
}

func TestEachModeOfAuthentication(t *testing.T) {
	for name, c := range map[string]struct {
		metadata, auth values
		header, query  string // what the server gets
	}{
		"none":                        {nil, nil, "", ""},
		"credentials without a mode":  {nil, values{"username": "u", "password": secret, "bearerToken": secret, "apiKey": secret}, "", ""},
		"basic":                       {values{"authModes": "basic"}, values{"username": "u", "password": secret}, "Authorization: Basic dTpodW50ZXIy", ""},
		"basic without a password":    {nil, values{"authMode": "basic", "username": "u"}, "Authorization: Basic dTo=", ""},
		"bearer":                      {values{"authModes": "bearer"}, values{"bearerToken": secret}, "Authorization: Bearer hunter2", ""},
		"bearer by its other name":    {values{"authModes": "bearer"}, values{"token": secret}, "Authorization: Bearer hunter2", ""},
		"custom":                      {values{"authModes": "custom"}, values{"customAuthHeader": "X-Scope", "customAuthValue": secret}, "X-Scope: hunter2", ""},
		"apiKey":                      {values{"authModes": "apiKey", "apiKey": secret}, nil, "X-Api-Key: hunter2", ""},
		"apiKey by name":              {values{"authModes": "apiKey", "keyParamName": "X-Key"}, values{"apiKey": secret}, "X-Key: hunter2", ""},
		"apiKey in the query":         {values{"authModes": "apiKey", "method": "query"}, values{"apiKey": secret}, "", "a=b&api_key=hunter2"},
		"apiKey in the query by name": {values{"authModes": "apiKey", "method": "query", "keyParamName": "k"}, values{"apiKey": secret}, "", "a=b&k=hunter2"},
		"two modes":                   {values{"authModes": "custom, apiKey", "method": "query"}, values{"apiKey": secret, "customAuthHeader": "X-Scope", "customAuthValue": "s"}, "X-Scope: s", "a=b&api_key=hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			access, err := decode(c.metadata, c.auth)
			require.NoError(t, err)
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got := ""
				for name, values := range r.Header {
					if name != "User-Agent" && name != "Accept-Encoding" {
						got += name + ": " + values[0]
					}
				}
				_, _ = io.WriteString(w, got+"|"+r.URL.RawQuery)
			})
			response, err := client(t, access, scalerkit.Options{}).Do(t.Context(), httpsource.Request{URL: server + "/?a=b"})
			require.NoError(t, err)
			if c.query == "" {
				c.query = "a=b"
			}
			require.Equal(t, c.header+"|"+c.query, string(response.Body))
		})
	}
}

func TestMistakesInAuthenticationAreNamed(t *testing.T) {
	for want, c := range map[string]struct{ metadata, auth values }{
		`x trigger: authModes: "basc" is not one of apiKey, basic, bearer, custom, oauth, tls; did you mean "basic"?`:                 {values{"authModes": "basc"}, nil},
		`x trigger: authMode: has more than one of basic, bearer and oauth, which say the same thing to a server`:                     {values{"authMode": "basic,bearer"}, values{"username": "u", "token": "t"}},
		`x trigger: username: is missing: mode basic needs it`:                                                                        {values{"authModes": "basic"}, nil},
		`x trigger: bearerToken: is missing: mode bearer needs it`:                                                                    {values{"authModes": "bearer"}, nil},
		`x trigger: apiKey: is missing: mode apiKey needs it`:                                                                         {values{"authModes": "apiKey"}, nil},
		"x trigger: cert: is missing: mode tls needs it\nx trigger: key: is missing: mode tls needs it":                               {values{"authModes": "tls"}, nil},
		"x trigger: customAuthHeader: is missing: mode custom needs it\nx trigger: customAuthValue: is missing: mode custom needs it": {values{"authModes": "custom"}, nil},
		"x trigger: oauthTokenURI: is missing: mode oauth needs it\nx trigger: clientID: is missing: mode oauth needs it":             {values{"authModes": "oauth"}, nil},
		"x trigger: oauthTokenURI: is not a URL: want http:// or https://, and a host":                                                {nil, values{"authModes": "oauth", "oauthTokenURI": "login", "clientID": "c"}},
		`x trigger: endpointParams: is not a query string such as "a=1&b=2"`:                                                          {nil, values{"authModes": "oauth", "oauthTokenURI": "https://x", "clientID": "c", "endpointParams": "%zz"}},
		`x trigger: method: "cookie" is not one of header, query`:                                                                     {values{"method": "cookie"}, nil},
	} {
		_, err := decode(c.metadata, c.auth)
		require.EqualError(t, err, want)
	}
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `"well"`) }))
	server.Config.ErrorLog = nil
	t.Cleanup(server.Close)
	var got string
	err := client(t, httpsource.Access{}, scalerkit.Options{}).GetJSON(t.Context(), server.URL, &got)
	require.ErrorContains(t, err, "certificate")
	require.NoError(t, client(t, httpsource.Access{TLS: driver.TLS{Insecure: true}}, scalerkit.Options{}).GetJSON(t.Context(), server.URL, &got))
	require.Equal(t, "well", got)
}

// A signer is an Authenticator of a program.
type signer struct{ err error }

func (s signer) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Signed "+secret)
	return s.err
}

func (signer) Secrets() []string { return []string{secret} }

func TestAuthenticatorsOfAProgram(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { status(403, r.Header.Get("Authorization"))(w, r) })
	get := func(s signer) error {
		c, err := httpsource.New(httpsource.Settings{Authenticators: []httpsource.Authenticator{s}}, scalerkit.Options{})
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Do(t.Context(), httpsource.Request{URL: server})
		return err
	}
	require.EqualError(t, get(signer{}), "GET "+server+": access denied: 403 Forbidden: Signed [redacted]")
	require.EqualError(t, get(signer{errors.New("no role")}), "GET "+server+": no role")
}

func TestASourceSaysWhatItsAnswersMean(t *testing.T) {
	server := serve(t, status(403, "no requests left, "+secret))
	c, err := httpsource.New(httpsource.Settings{
		Access: httpsource.Access{Modes: []string{"bearer"}, BearerToken: scalerkit.NewSecret(secret)},
		Classify: func(code int, _ http.Header, body []byte) error {
			if code != 403 {
				return nil
			}
			return &scalerkit.ThrottledError{Err: httpsource.Status(code, string(body))}
		},
	}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	_, err = c.Do(t.Context(), httpsource.Request{URL: server})
	require.ErrorIs(t, err, scalerkit.ErrThrottled)
	require.EqualError(t, err, "GET "+server+": throttled: 403 Forbidden: no requests left, [redacted]")
}
