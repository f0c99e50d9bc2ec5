package azurekeyvault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/azurekeyvault"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const tenant = "11111111-2222-3333-4444-555555555555"

// A place is a cloud with an authority and a vault in it.
type place struct {
	cloud             *v1alpha1.AzureKeyVaultCloudInfo
	authority, domain string
}

var public = place{nil, "login.microsoftonline.com", "vault.azure.net"}

// open starts the fakes of a place and returns what reads secrets there.
func (p place) open(t *testing.T, secrets ...v1alpha1.AzureKeyVaultSecret) (azurekeyvault.Config, *storetest.Entra) {
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("assertion-of-the-pod"), 0o600))
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", token)
	t.Setenv("AZURE_AUTHORITY_HOST", "")

	entra := &storetest.Entra{Tenant: tenant, Clients: map[string]string{"principal": "client-secret", "pod": "assertion-of-the-pod"}}
	vault := &storetest.KeyVault{
		Authority: entra,
		Scope:     "https://" + p.domain + "/.default",
		Secrets:   map[string]string{"redis": "hunter2", "redis/v1": "hunter1", "empty": ""},
	}
	return azurekeyvault.Config{
		AzureKeyVault: v1alpha1.AzureKeyVault{
			VaultURI:    "https://orders." + p.domain + "/",
			Secrets:     secrets,
			Cloud:       p.cloud,
			Credentials: &v1alpha1.AzureKeyVaultCredentials{ClientID: "principal", TenantID: tenant},
		},
		ClientSecret: scalerkit.NewSecret("client-secret"),
		Client:       store.NewClient(storetest.Hosts{p.authority: entra, "orders." + p.domain: vault}),
	}, entra
}

var identity = scalerkit.Identity{Provider: "azure-workload", ID: "pod", TenantID: tenant}

func TestSecretsInEveryCloud(t *testing.T) {
	cloud := func(typ string) *v1alpha1.AzureKeyVaultCloudInfo { return &v1alpha1.AzureKeyVaultCloudInfo{Type: typ} }
	for name, p := range map[string]place{
		"none named":    public,
		"public":        {cloud("AzurePublicCloud"), "login.microsoftonline.com", "vault.azure.net"},
		"us government": {cloud("azureusgovernmentcloud"), "login.microsoftonline.us", "vault.usgovcloudapi.net"},
		"China":         {cloud("AzureChinaCloud"), "login.chinacloudapi.cn", "vault.azure.cn"},
		"Germany":       {cloud("AzureGermanCloud"), "login.microsoftonline.de", "vault.microsoftazure.de"},
		"private": {&v1alpha1.AzureKeyVaultCloudInfo{
			Type:                    "Private",
			KeyVaultResourceURL:     "https://vault.example.com/",
			ActiveDirectoryEndpoint: "https://login.example.com/",
		}, "login.example.com", "vault.example.com"},
	} {
		for who, identity := range map[string]scalerkit.Identity{"service principal": {}, "workload identity": identity} {
			t.Run(name+", "+who, func(t *testing.T) {
				config, entra := p.open(t,
					v1alpha1.AzureKeyVaultSecret{Parameter: "password", Name: "redis"},
					v1alpha1.AzureKeyVaultSecret{Parameter: "old", Name: "redis", Version: "v1"},
					v1alpha1.AzureKeyVaultSecret{Parameter: "empty", Name: "empty"},
				)
				config.Identity = identity
				config.IdentityEndpoints = []string{"*.vault.example.com", "login.example.com"} // for the private cloud
				vault, err := azurekeyvault.New(config)
				require.NoError(t, err)
				for range 2 {
					answer, err := vault.Read(t.Context())
					require.NoError(t, err)
					require.Equal(t, store.Answer{Values: map[string]string{"password": "hunter2", "old": "hunter1", "empty": ""}}, answer)
				}
				require.Equal(t, 1, entra.Issued(), "a token is kept")
			})
		}
	}
}

func TestErrorsNameWhatIsMissing(t *testing.T) {
	config, _ := public.open(t,
		v1alpha1.AzureKeyVaultSecret{Parameter: "a", Name: "kafka"},
		v1alpha1.AzureKeyVaultSecret{Parameter: "b", Name: "redis", Version: "v9"},
		v1alpha1.AzureKeyVaultSecret{Parameter: "good", Name: "redis"},
	)
	vault, err := azurekeyvault.New(config)
	require.NoError(t, err)
	_, err = vault.Read(t.Context())
	require.EqualError(t, err, `a: GET https://orders.vault.azure.net/secrets/kafka: not found: 404 Not Found: A secret with (name/id) kafka was not found in this key vault.
b: GET https://orders.vault.azure.net/secrets/redis/v9: not found: 404 Not Found: A secret with (name/id) redis/v9 was not found in this key vault.`)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
}

func TestRefusedClientIsNamedWithoutItsSecret(t *testing.T) {
	config, _ := public.open(t, v1alpha1.AzureKeyVaultSecret{Parameter: "a", Name: "redis"})
	config.ClientSecret = scalerkit.NewSecret("another-secret")
	vault, err := azurekeyvault.New(config)
	require.NoError(t, err)
	_, err = vault.Read(t.Context())
	require.EqualError(t, err, "https://vault.azure.net: get a token: access denied: 401 Unauthorized: invalid_client: AADSTS7000215: Invalid client secret provided.")
	require.ErrorIs(t, err, scalerkit.ErrDenied)
}

func TestNothingIsSentOutsideOfTheCloud(t *testing.T) {
	private := &v1alpha1.AzureKeyVaultCloudInfo{Type: "Private", KeyVaultResourceURL: "https://vault.example.com", ActiveDirectoryEndpoint: "https://login.example.com"}
	for _, c := range []struct {
		cloud     *v1alpha1.AzureKeyVaultCloudInfo
		uri, want string
	}{
		{nil, "https://vault.azure.net", ""},
		{nil, "https://orders.vault.azure.net", ""},
		{private, "https://orders.vault.example.com:8443/", ""},
		{nil, "http://orders.vault.azure.net", `vaultUri "http://orders.vault.azure.net" is not a URL such as https://NAME.vault.azure.net`},
		{nil, "orders", `vaultUri "orders" is not a URL such as https://NAME.vault.azure.net`},
		{nil, "https://example.com", `vaultUri "https://example.com" is not in vault.azure.net, which its tokens are for: see cloud`},
		{nil, "https://ordersvault.azure.net", `vaultUri "https://ordersvault.azure.net" is not in vault.azure.net, which its tokens are for: see cloud`},
		{private, "https://orders.vault.azure.net", `vaultUri "https://orders.vault.azure.net" is not in vault.example.com, which its tokens are for: see cloud`},
		{&v1alpha1.AzureKeyVaultCloudInfo{Type: "Azure"}, "https://orders.vault.azure.net",
			`cloud: type "Azure" is not one of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private`},
		{&v1alpha1.AzureKeyVaultCloudInfo{Type: "Private", KeyVaultResourceURL: "https://vault.example.com"}, "https://orders.vault.azure.net",
			"cloud: type Private needs https URLs in keyVaultResourceURL and activeDirectoryEndpoint"},
	} {
		config, _ := public.open(t)
		config.Cloud, config.VaultURI = c.cloud, c.uri
		_, err := azurekeyvault.New(config)
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, c.want)
	}
}

// Whoever writes an authentication can name any host; the token of the process
// and the assertion of its pod go to those of the cloud and to those listed.
func TestIdentityIsForTheCloudAndForListedHosts(t *testing.T) {
	private := func(vault, authority string) *v1alpha1.AzureKeyVaultCloudInfo {
		return &v1alpha1.AzureKeyVaultCloudInfo{Type: "Private", KeyVaultResourceURL: vault, ActiveDirectoryEndpoint: authority}
	}
	const authorities = `login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net`
	const list = `or let the administrator list it as an identity endpoint`
	for _, c := range []struct {
		cloud                *v1alpha1.AzureKeyVaultCloudInfo
		uri, authority, want string
	}{
		{nil, "https://orders.vault.azure.net", "", ""},
		{nil, "https://orders.vault.azure.net", "https://login.microsoftonline.com/", ""},
		{private("https://vault.listed.example", "https://login.listed.example"), "https://orders.vault.listed.example", "", ""},
		{private("https://vault.listed.example", "https://login.microsoftonline.us"), "https://orders.vault.listed.example", "", ""},
		{nil, "https://orders.vault.azure.net", "https://login.listed.example", ""},
		{nil, "https://orders.vault.azure.net", "https://evil.example", `the authority "evil.example" may not be sent the token of an identity: use ` + authorities + `, ` + list},
		{nil, "https://orders.vault.azure.net", "http://login.microsoftonline.com", `the authority "login.microsoftonline.com" may not be sent the token of an identity without TLS: use https, ` + list},
		{nil, "https://orders.vault.azure.net", "https://login.microsoftonline.com@evil.example", `the authority is no address for the token of an identity: want a URL such as https://example.com, without user and password`},
		{nil, "https://orders.vault.azure.net", "https://login.microsoftonline.com.evil.example", `the authority "login.microsoftonline.com.evil.example" may not be sent the token of an identity: use ` + authorities + `, ` + list},
		{private("https://evil.example", "https://login.listed.example"), "https://vault.evil.example", "", `vaultUri: "vault.evil.example" may not be sent the token of an identity: let the administrator list it as an identity endpoint`},
		{private("https://management.azure.com", "https://login.microsoftonline.com"), "https://management.azure.com", "", `vaultUri: "management.azure.com" may not be sent the token of an identity: let the administrator list it as an identity endpoint`},
		{private("https://vault.listed.example", "https://evil.example"), "https://orders.vault.listed.example", "", `the authority "evil.example" may not be sent the token of an identity: use ` + strings.Join([]string{
			authorities, `login.microsoftonline.us, login.usgovcloudapi.net, login.chinacloudapi.cn, login.partner.microsoftonline.cn, login.microsoftonline.de`, list}, ", ")},
	} {
		config, entra := public.open(t)
		config.Cloud, config.VaultURI = c.cloud, c.uri
		config.Identity = identity
		config.Identity.AuthorityHost = c.authority
		config.IdentityEndpoints = []string{"*.listed.example"}
		_, err := azurekeyvault.New(config)
		if c.want == "" {
			require.NoError(t, err, c)
			continue
		}
		require.EqualError(t, err, c.want)
		require.Zero(t, entra.Issued())

		// A service principal's secret is its own.
		config.Identity = scalerkit.Identity{}
		_, err = azurekeyvault.New(config)
		require.NoError(t, err)
	}
}
