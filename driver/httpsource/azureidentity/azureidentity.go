// Package azureidentity authenticates to sources in Azure, such as its managed
// Prometheus, with the workload identity of the pod. It links Azure's SDK.
//
// What the identity of a trigger leaves out comes from the variables that Azure's
// webhook sets in a pod: AZURE_CLIENT_ID, AZURE_TENANT_ID,
// AZURE_FEDERATED_TOKEN_FILE and AZURE_AUTHORITY_HOST.
package azureidentity

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Identities returns Azure's.
func Identities() httpsource.Identities {
	return httpsource.Identities{httpsource.ProviderAzure: opener}
}

func opener(p httpsource.Platform, audience httpsource.Audience, options scalerkit.Options) (httpsource.Opener, error) {
	cloud, _ := cloudhosts.Azure(audience.Cloud)
	if err := azure.CheckAuthority(p.Identity, cloud, options); err != nil {
		return nil, err
	}
	who := azure.Principal{Identity: p.Identity, Cloud: audience.Cloud}
	return func() httpsource.Authenticator { return who.Authenticator(audience.Scope, options) }, nil
}
