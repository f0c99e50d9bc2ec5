package googleidentity_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/driver/httpsource/googleidentity"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const scope = "https://www.googleapis.com/auth/monitoring.read"

var listed = scalerkit.Options{IdentityEndpoints: gcptest.Listed}

func TestRequestsHaveATokenForTheScope(t *testing.T) {
	authority := gcptest.NewAuthority(t)
	authority.Machine(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !authority.Accepts(r) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	for name, platform := range map[string]httpsource.Platform{
		"the key of a service account": {GoogleCredentials: authority.Key(t)},
		"the machine's identity":       {Identity: scalerkit.Identity{Provider: "gcp"}},
	} {
		t.Run(name, func(t *testing.T) {
			open, err := googleidentity.Identities().Opener(platform, httpsource.Audience{URL: server.URL, Scope: scope}, listed)
			require.NoError(t, err)
			c, err := httpsource.New(httpsource.Settings{Identity: open}, listed)
			require.NoError(t, err)
			defer func() { require.NoError(t, c.Close()) }()
			_, err = c.Do(t.Context(), httpsource.Request{URL: server.URL})
			require.NoError(t, err)
			_, asked := authority.Issued()
			require.Equal(t, scope, asked)
		})
	}
}

func TestAKeyThatLeadsElsewhereIsRefused(t *testing.T) {
	for want, key := range map[string]scalerkit.Secret{
		"trigger: GoogleApplicationCredentials: is not the key of a service account, as JSON":                                                                                                                      scalerkit.NewSecret(`{"type":"external_account","credential_source":{"file":"/etc/passwd"}}`),
		`trigger: GoogleApplicationCredentials: the token_uri in it: "token.example.com" may not be sent the token of an identity: use *.googleapis.com, or let the administrator list it as an identity endpoint`: gcptest.KeyFor(t, "https://token.example.com/"),
	} {
		_, err := googleidentity.Identities().Opener(httpsource.Platform{GoogleCredentials: key}, httpsource.Audience{URL: "https://127.0.0.1", Scope: scope}, listed)
		require.EqualError(t, err, want)
	}
}
