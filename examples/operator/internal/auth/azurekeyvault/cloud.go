package azurekeyvault

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Place is one of Azure's clouds.
type Place struct {
	resource  string // what tokens are for
	authority string // who gives them out; empty leaves it to azidentity
	known     cloudhosts.AzureCloud
}

// Find returns the cloud that a trigger authentication names, the public one
// if that is nil.
func Find(info *v1alpha1.AzureKeyVaultCloudInfo) (Place, error) {
	if info == nil {
		info = &v1alpha1.AzureKeyVaultCloudInfo{}
	}
	known, ok := cloudhosts.Azure(info.Type)
	switch {
	case !ok:
		return Place{}, fmt.Errorf("cloud: type %q is not one of %s, %s, %s, %s, %s", info.Type,
			cloudhosts.Public, cloudhosts.USGovernment, cloudhosts.China, cloudhosts.Germany, cloudhosts.Private)
	case known.Name != cloudhosts.Private:
		place := Place{resource: "https://" + known.Vault.Suffix(), known: known}
		if known.Name != cloudhosts.Public {
			place.authority = "https://" + known.Authority[0] + "/"
		}
		return place, nil
	case !isHTTPS(info.KeyVaultResourceURL) || !isHTTPS(info.ActiveDirectoryEndpoint):
		return Place{}, errors.New("cloud: type Private needs https URLs in keyVaultResourceURL and activeDirectoryEndpoint")
	}
	return Place{strings.TrimSuffix(info.KeyVaultResourceURL, "/"), info.ActiveDirectoryEndpoint, known}, nil
}

// Check returns an error unless the address of a vault is in its cloud; nil for no
// vault.
func Check(a *v1alpha1.AzureKeyVault) error {
	if a == nil {
		return nil
	}
	place, err := Find(a.Cloud)
	if err == nil {
		err = place.Check(a.VaultURI)
	}
	if err != nil {
		return fmt.Errorf("azureKeyVault: %w", err)
	}
	return nil
}

// Check returns an error unless a vault's address is in the cloud.
func (p Place) Check(vaultURI string) error {
	if !isHTTPS(vaultURI) {
		return fmt.Errorf("vaultUri %q is not a URL such as https://NAME.%s", vaultURI, p.domain())
	}
	vault, err := url.Parse(vaultURI)
	if err != nil || vault.Hostname() != p.domain() && !strings.HasSuffix(vault.Hostname(), "."+p.domain()) {
		return fmt.Errorf("vaultUri %q is not in %s, which its tokens are for: see cloud", vaultURI, p.domain())
	}
	return nil
}

// CheckIdentity returns an error if asking a vault in the name of an identity
// would send a token of the process to a host that is neither the cloud's nor
// listed.
func (p Place) CheckIdentity(identity scalerkit.Identity, vaultURI string, listed cloudhosts.Hosts) error {
	var problems []error
	if err := p.known.Vault.Check(vaultURI, listed); err != nil {
		problems = append(problems, fmt.Errorf("vaultUri: %w", err))
	}
	if authority := cmp.Or(identity.AuthorityHost, p.authority); authority != "" {
		if err := p.known.Authority.Check(authority, listed); err != nil {
			problems = append(problems, fmt.Errorf("the authority %w", err))
		}
	}
	return errors.Join(problems...)
}

func (p Place) domain() string {
	resource, _ := url.Parse(p.resource) // it was checked
	return resource.Hostname()
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != ""
}
