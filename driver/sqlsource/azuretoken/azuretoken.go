// Package azuretoken lets databases be asked with Azure workload identity. It
// links Azure's SDK, which the drivers of databases do without: a program passes
// [Tokens] to those that are to have it.
//
// What a trigger leaves out of its identity comes from the environment of the
// process, from the variables that Azure's webhook sets in a pod.
package azuretoken

import (
	"context"

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
	return source{azure.Principal{Identity: identity}.Authenticator(scope, options)}, nil
}

// A source gets tokens of one identity, and keeps them until they expire.
type source struct{ azure.Authenticator }

// Token implements sqlsource.TokenSource.
func (s source) Token(ctx context.Context) (string, error) {
	token, _, err := s.Authenticator.Token(ctx)
	return token, err
}
