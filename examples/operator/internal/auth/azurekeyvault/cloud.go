package azurekeyvault

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit/examples/operator/api/v1alpha1"
)

// A Place is one of Azure's clouds.
type Place struct {
	resource  string // what tokens are for
	authority string // who gives them out; empty leaves it to azidentity
}

var (
	public  = Place{"https://vault.azure.net", ""}
	us      = Place{"https://vault.usgovcloudapi.net", "https://login.microsoftonline.us/"}
	china   = Place{"https://vault.azure.cn", "https://login.chinacloudapi.cn/"}
	germany = Place{"https://vault.microsoftazure.de", "https://login.microsoftonline.de/"}
)

// places has the clouds by the names that they may be given, in lower case.
var places = map[string]Place{
	"":                       public,
	"azurepubliccloud":       public,
	"azurecloud":             public,
	"azureusgovernment":      us,
	"azureusgovernmentcloud": us,
	"azurechinacloud":        china,
	"azuregermancloud":       germany,
}

const known = "AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private"

// Find returns the cloud that a trigger authentication names, the public one
// if that is nil.
func Find(info *v1alpha1.AzureKeyVaultCloudInfo) (Place, error) {
	if info == nil {
		return public, nil
	}
	if strings.EqualFold(info.Type, "Private") {
		if !isHTTPS(info.KeyVaultResourceURL) || !isHTTPS(info.ActiveDirectoryEndpoint) {
			return Place{}, errors.New("cloud: type Private needs https URLs in keyVaultResourceURL and activeDirectoryEndpoint")
		}
		return Place{strings.TrimSuffix(info.KeyVaultResourceURL, "/"), info.ActiveDirectoryEndpoint}, nil
	}
	place, ok := places[strings.ToLower(info.Type)]
	if !ok {
		return Place{}, fmt.Errorf("cloud: type %q is not one of %s", info.Type, known)
	}
	return place, nil
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

func (p Place) domain() string {
	resource, _ := url.Parse(p.resource) // it was checked
	return resource.Hostname()
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != ""
}
