// Package azureidentity authenticates to sources in Azure, such as its managed
// Prometheus, with the workload identity of the pod. It links Azure's SDK.
//
// What the identity of a trigger leaves out comes from the variables that Azure's
// webhook sets in a pod: AZURE_CLIENT_ID, AZURE_TENANT_ID,
// AZURE_FEDERATED_TOKEN_FILE and AZURE_AUTHORITY_HOST.
package azureidentity

import (
	"context"
	"errors"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Identities returns Azure's.
func Identities() httpsource.Identities {
	return httpsource.Identities{httpsource.ProviderAzure: opener}
}

// connections is how many there are to the authority.
const connections = 1

func opener(p httpsource.Platform, audience httpsource.Audience, options scalerkit.Options) (httpsource.Opener, error) {
	cloud, _ := cloudhosts.Azure(audience.Cloud)
	if err := azure.CheckAuthority(p.Identity, cloud, options); err != nil {
		return nil, err
	}
	return func() httpsource.Authenticator {
		client := azure.NewHTTP(options, connections)
		return authenticator{client: client, Bearer: httpsource.NewBearer(func(ctx context.Context) (string, time.Time, error) {
			// A credential of its own each time: azidentity keeps tokens, also
			// those that were refused.
			credential, err := azure.NewCredential(p.Identity, audience.Cloud, client)
			if err != nil {
				return "", time.Time{}, err
			}
			token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{audience.Scope}})
			if err != nil {
				return "", time.Time{}, azure.Explain(err)
			}
			return token.Token, token.ExpiresOn, nil
		})}
	}, nil
}

type authenticator struct {
	*httpsource.Bearer
	client azure.HTTP
}

// Close ends the fetching of tokens.
func (a authenticator) Close() error { return errors.Join(a.Bearer.Close(), a.client.Close()) }
