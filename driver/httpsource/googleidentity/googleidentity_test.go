package googleidentity_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/driver/httpsource/googleidentity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const scope = "https://www.googleapis.com/auth/monitoring.read"

var listed = scalerkit.Options{IdentityEndpoints: []string{"127.0.0.1"}}

// serviceAccount returns a key whose tokens are from a URL.
func serviceAccount(t *testing.T, tokenURI string) scalerkit.Secret {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "reader@example.iam.gserviceaccount.com", "token_uri": tokenURI,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	require.NoError(t, err)
	return scalerkit.NewSecret(string(text))
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func get(t *testing.T, p httpsource.Platform, url string) (string, error) {
	open, err := googleidentity.Identities().Opener(p, httpsource.Audience{URL: url, Scope: scope}, listed)
	require.NoError(t, err)
	c, err := httpsource.New(httpsource.Settings{Identity: open}, listed)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	response, err := c.Do(t.Context(), httpsource.Request{URL: url})
	if err != nil {
		return "", err
	}
	return string(response.Body), nil
}

// echo answers with the credentials that it was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, r.Header.Get("Authorization"))
}

func TestTheKeyOfAServiceAccount(t *testing.T) {
	status := http.StatusOK
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Count(r.PostFormValue("assertion"), ".") != 2 {
			status = http.StatusBadRequest
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"access_token":"t-1","token_type":"Bearer","expires_in":3600,"error":"invalid_grant"}`)
	})
	server := serve(t, echo)
	platform := httpsource.Platform{GoogleCredentials: serviceAccount(t, tokens)}
	got, err := get(t, platform, server)
	require.NoError(t, err)
	require.Equal(t, "Bearer t-1", got)

	for code, want := range map[int]string{
		400: "get a token: access denied: 400 Bad Request: invalid_grant",
		429: "get a token: throttled: 429 Too Many Requests: invalid_grant",
		500: "get a token: 500 Internal Server Error: invalid_grant",
	} {
		status = code
		_, err = get(t, platform, server)
		require.EqualError(t, err, "GET "+server+": "+want)
	}
}

func TestTheMachinesIdentity(t *testing.T) {
	metadata := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Metadata-Flavor", "Google")
		w.Header().Set("Connection", "close")
		if strings.HasSuffix(r.URL.Path, "/service-accounts/default/token") {
			fmt.Fprintf(w, `{"access_token":"for %s","token_type":"Bearer","expires_in":3600}`, r.FormValue("scopes"))
		}
	})
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(metadata, "http://"))
	got, err := get(t, httpsource.Platform{Identity: scalerkit.Identity{Provider: "gcp"}}, serve(t, echo))
	require.NoError(t, err)
	require.Equal(t, "Bearer for "+scope, got)
}

func TestAKeyThatLeadsElsewhereIsRefused(t *testing.T) {
	for want, key := range map[string]scalerkit.Secret{
		"trigger: GoogleApplicationCredentials is not the key of a service account, as JSON":                                                                                                                   scalerkit.NewSecret(`{"type":"external_account","credential_source":{"file":"/etc/passwd"}}`),
		`trigger: the token_uri in GoogleApplicationCredentials: "token.example.com" may not be sent the token of an identity: use *.googleapis.com, or let the administrator list it as an identity endpoint`: serviceAccount(t, "https://token.example.com/"),
	} {
		_, err := googleidentity.Identities().Opener(httpsource.Platform{GoogleCredentials: key}, httpsource.Audience{URL: "https://127.0.0.1", Scope: scope}, listed)
		require.EqualError(t, err, want)
	}
}
