package azureidentity_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/driver/httpsource/azureidentity"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

func TestMain(m *testing.M) { azuretest.Main(m) }

var listed = scalerkit.Options{IdentityEndpoints: []string{"127.0.0.1"}}

func client(t *testing.T, identity scalerkit.Identity, url string) *httpsource.Client {
	open, err := azureidentity.Identities().Opener(httpsource.Platform{Identity: identity}, httpsource.Audience{URL: url, Scope: "https://prometheus.monitor.azure.com/.default"}, listed)
	require.NoError(t, err)
	c, err := httpsource.New(httpsource.Settings{Identity: open}, listed)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestTokensAreKeptUntilTheyAreRefused(t *testing.T) {
	azuretest.NeedTrust(t)
	authority := azuretest.NewAuthority(t)
	server := azuretest.NewTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !authority.Accepts(token) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "not with "+token)
		}
	})).URL
	c := client(t, authority.Identity(), server)
	for range 3 {
		_, err := c.Do(t.Context(), httpsource.Request{URL: server})
		require.NoError(t, err)
	}
	require.Equal(t, 1, authority.Issued())
	authority.Revoke()
	_, err := c.Do(t.Context(), httpsource.Request{URL: server})
	require.EqualError(t, err, "GET "+server+": access denied: 401 Unauthorized: not with [redacted]")
	_, err = c.Do(t.Context(), httpsource.Request{URL: server})
	require.NoError(t, err)
	require.Equal(t, 2, authority.Issued())

	_, err = client(t, authority.Stranger(), server).Do(t.Context(), httpsource.Request{URL: server})
	require.EqualError(t, err, "GET "+server+": get a token: access denied: 401 Unauthorized: invalid_client: AADSTS700016: Application with identifier 'another-client' was not found.")
}

func TestTheAuthorityIsOneOfAzures(t *testing.T) {
	identity := scalerkit.Identity{Provider: "azure-workload", AuthorityHost: "https://login.example.com"}
	_, err := azureidentity.Identities().Opener(httpsource.Platform{Identity: identity}, httpsource.Audience{URL: "https://127.0.0.1"}, listed)
	require.ErrorContains(t, err, `identityAuthorityHost: "login.example.com" may not be sent the token of an identity`)
}
