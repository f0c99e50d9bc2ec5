package azuretoken_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/azuretoken"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

func TestMain(m *testing.M) { azuretest.Main(m) }

const scope = "https://ossrdbms-aad.database.windows.net/.default"

var listing = scalerkit.Options{IdentityEndpoints: []string{"127.0.0.1"}}

func TestToken(t *testing.T) {
	azuretest.NeedTrust(t)
	authority := azuretest.NewAuthority(t)
	source, err := azuretoken.Tokens.Open(authority.Identity(), scope, listing)
	require.NoError(t, err)
	for range 2 {
		token, err := source.Token(t.Context())
		require.NoError(t, err)
		require.True(t, authority.Accepts(token))
	}
	require.Equal(t, 1, authority.Issued())
	require.NoError(t, source.Close())
}

func TestStranger(t *testing.T) {
	azuretest.NeedTrust(t)
	source, err := azuretoken.Tokens.Open(azuretest.NewAuthority(t).Stranger(), scope, listing)
	require.NoError(t, err)
	_, err = source.Token(t.Context())
	require.ErrorIs(t, err, scalerkit.ErrDenied)
	require.EqualError(t, err, "get a token: access denied: 401 Unauthorized: invalid_client: AADSTS700016: Application with identifier 'another-client' was not found.")
	require.NoError(t, source.Close())
}

func TestWhatIsRefused(t *testing.T) {
	for want, identity := range map[string]scalerkit.Identity{
		`trigger: podIdentity: "aws" is not one that Azure knows: use azure-workload, or a connection string`: {Provider: "aws"},
		`trigger: identityAuthorityHost: "login.example.com" may not be sent the token of an identity: use login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net, or let the administrator list it as an identity endpoint`: {
			Provider: "azure-workload", AuthorityHost: "https://login.example.com/",
		},
	} {
		_, err := azuretoken.Tokens.Open(identity, scope, listing)
		require.EqualError(t, err, want)
		require.Len(t, scalerkit.ConfigErrors(err), 1)
	}
}

func TestProcessWithoutIdentity(t *testing.T) {
	for _, variable := range []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"} {
		t.Setenv(variable, "") // as it was, after the test
		require.NoError(t, os.Unsetenv(variable))
	}
	source, err := azuretoken.Tokens.Open(scalerkit.Identity{Provider: "azure-workload"}, scope, listing)
	require.NoError(t, err)
	_, err = source.Token(t.Context())
	require.ErrorContains(t, err, "this process has no Azure workload identity: no client ID specified.")
}
