// Package azurekeyvault reads secrets from Azure Key Vault, as a service
// principal or by workload identity.
//
// The access token is for the cloud's Key Vault, so it is sent to no address
// outside of that: the vault https://orders.vault.azure.net is asked, and
// https://example.com is not. A private cloud is asked for the service principal
// of an authentication, whose own secret it is; for the identity of the process
// only if the administrator lists its hosts.
package azurekeyvault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const (
	apiVersion = "7.4"
	atATime    = 4 // requests to one vault
)

// A Config says which secrets to read, and who asks: Identity if that is set,
// and otherwise the service principal of Credentials with ClientSecret.
type Config struct {
	v1alpha1.AzureKeyVault
	ClientSecret scalerkit.Secret
	Identity     scalerkit.Identity
	Client       *http.Client // see [store.NewClient]

	// IdentityEndpoints are hosts to which tokens of Identity may go besides
	// those of Azure; see [scalerkit.Options].
	IdentityEndpoints []string
}

// A Vault has the secrets of one Config. It is not for concurrent use.
type Vault struct {
	Config
	place      Place
	credential azcore.TokenCredential
}

// New returns a Vault. It does no I/O.
func New(c Config) (*Vault, error) {
	place, err := Find(c.Cloud)
	if err != nil {
		return nil, err
	}
	if err := place.Check(c.VaultURI); err != nil {
		return nil, err
	}
	v := &Vault{Config: c, place: place}
	requests := azure.NewHTTP(scalerkit.Options{HTTPClient: c.Client}, atATime)
	if c.Identity.IsSet() {
		if err := place.CheckIdentity(c.Identity, c.VaultURI, c.IdentityEndpoints); err != nil {
			return nil, err
		}
		if c.Identity.AuthorityHost == "" {
			c.Identity.AuthorityHost = place.authority
		}
		v.credential, err = azure.NewCredential(c.Identity, "", requests)
	} else {
		options := azidentity.ClientSecretCredentialOptions{
			ClientOptions: requests.ClientOptions(),
			// A private authority is not in Microsoft's public list.
			DisableInstanceDiscovery: place.authority != "",
		}
		options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: place.authority}
		v.credential, err = azidentity.NewClientSecretCredential(c.Credentials.TenantID, c.Credentials.ClientID, c.ClientSecret.Reveal(), &options)
	}
	return v, err
}

// Read returns all secrets. The error has the reason for each that cannot be
// read.
func (v *Vault) Read(ctx context.Context) (store.Answer, error) {
	// The credential keeps the token until it ends.
	token, err := v.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{v.place.resource + "/.default"}})
	if err != nil {
		return store.Answer{}, fmt.Errorf("%s: %w", v.place.resource, azure.Explain(err))
	}
	texts := make([]string, len(v.Secrets))
	problems := make([]error, len(v.Secrets))
	each.Do(len(v.Secrets), atATime, func(i int) {
		secret := v.Secrets[i]
		var err error
		if texts[i], err = v.get(ctx, token.Token, secret); err != nil {
			problems[i] = fmt.Errorf("%s: %w", secret.Parameter, err)
		}
	})
	values := make(map[string]string, len(v.Secrets))
	for i, secret := range v.Secrets {
		values[secret.Parameter] = texts[i]
	}
	return store.Answer{Values: values}, errors.Join(problems...)
}

func (v *Vault) get(ctx context.Context, token string, secret v1alpha1.AzureKeyVaultSecret) (string, error) {
	address := strings.TrimSuffix(v.VaultURI, "/") + "/secrets/" + url.PathEscape(secret.Name)
	if secret.Version != "" {
		address += "/" + url.PathEscape(secret.Version)
	}
	var response struct {
		Value *string `json:"value"`
	}
	err := store.Request{
		Method: http.MethodGet,
		URL:    address + "?api-version=" + apiVersion,
		Header: http.Header{"Authorization": {"Bearer " + token}},
		Token:  token,
	}.Do(ctx, v.Client, &response)
	switch {
	case err != nil:
		return "", err
	case response.Value == nil:
		return "", fmt.Errorf("secret %s has no value", secret.Name)
	}
	return *response.Value, nil
}
