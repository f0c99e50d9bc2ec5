// Package workload is Azure workload identity for drivers of sources that are
// not Azure's, without Azure's SDK.
//
// As with the SDK, what a trigger leaves out comes from the environment of the
// process, from the variables that Azure's webhook sets in a pod:
// AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE and
// AZURE_AUTHORITY_HOST.
package workload

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
	"github.com/scalerkit/scalerkit/internal/httpx"
)

// Check reports problems of an identity that is to get tokens for address,
// which the parameter with the given key decides. No cloud's services are
// there, so the administrator has to list the host.
func Check(identity scalerkit.Identity, key, address string, options scalerkit.Options) []error {
	const provider = "azure-workload"
	var problems []error
	if identity.IsSet() && identity.Provider != provider {
		problems = append(problems, scalerkit.Problem("podIdentity", "%q is not one that Azure knows: use %s", identity.Provider, provider))
	}
	if err := cloudhosts.Hosts(nil).Check(address, options.IdentityEndpoints); err != nil {
		problems = append(problems, scalerkit.Problem(key, "%v", err))
	}
	if identity.AuthorityHost != "" {
		cloud, _ := cloudhosts.Azure(cloudhosts.Private)
		if err := cloud.Authority.Check(identity.AuthorityHost, options.IdentityEndpoints); err != nil {
			problems = append(problems, scalerkit.Problem("identityAuthorityHost", "%v", err))
		}
	}
	return problems
}

// OAuth2 says how to get tokens for a resource, which is the id of an
// application or its URI. The error says which variables are missing.
func OAuth2(identity scalerkit.Identity, resource string) (httpx.OAuth2, error) {
	var missing []string
	from := func(given, variable string) string {
		value := cmp.Or(given, os.Getenv(variable))
		if value == "" {
			missing = append(missing, variable)
		}
		return value
	}
	client, tenant, file := from(identity.ID, "AZURE_CLIENT_ID"), from(identity.TenantID, "AZURE_TENANT_ID"), from("", "AZURE_FEDERATED_TOKEN_FILE")
	if len(missing) > 0 {
		return httpx.OAuth2{}, fmt.Errorf("this process has no Azure workload identity: %s not set", strings.Join(missing, ", "))
	}
	authority := cmp.Or(identity.AuthorityHost, os.Getenv("AZURE_AUTHORITY_HOST"), "https://login.microsoftonline.com")
	return httpx.OAuth2{
		TokenURL:      strings.TrimSuffix(authority, "/") + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token",
		ClientID:      client,
		Scopes:        strings.TrimSuffix(resource, "/.default") + "/.default",
		AssertionFile: file,
	}, nil
}
