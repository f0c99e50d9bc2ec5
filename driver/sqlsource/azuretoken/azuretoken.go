// Package azuretoken lets databases be asked with Azure workload identity. It
// links Azure's SDK, which the drivers of databases do without: a program passes
// [Tokens] to those that are to have it.
//
// What a trigger leaves out of its identity comes from the environment of the
// process, from the variables that Azure's webhook sets in a pod.
package azuretoken

import (
	"context"
	"fmt"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Tokens are those of Azure workload identities, in Azure's public cloud.
var Tokens sqlsource.Tokens = tokens{}

type tokens struct{}

// Open implements sqlsource.Tokens.
func (tokens) Open(identity scalerkit.Identity, scope string, options scalerkit.Options) (sqlsource.TokenSource, error) {
	if err := azure.CheckIdentity(identity); err != nil {
		return nil, err
	}
	public, _ := cloudhosts.Azure(cloudhosts.Public)
	if err := azure.CheckAuthority(identity, public, options); err != nil {
		return nil, err
	}
	s := &source{HTTP: azure.NewHTTP(options, 1), scope: scope}
	s.credential = sync.OnceValues(func() (azcore.TokenCredential, error) {
		return azure.NewCredential(identity, cloudhosts.Public, s.HTTP)
	})
	return s, nil
}

// A source gets tokens of one identity, and keeps them until they expire.
type source struct {
	azure.HTTP
	scope      string
	credential func() (azcore.TokenCredential, error)
}

// Token implements sqlsource.TokenSource.
func (s *source) Token(ctx context.Context) (string, error) {
	credential, err := s.credential()
	if err != nil {
		return "", fmt.Errorf("this process has no Azure workload identity: %w", err)
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{s.scope}})
	if err != nil {
		return "", azure.Explain(err)
	}
	return token.Token, nil
}
