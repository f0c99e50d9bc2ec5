package azureservicebus

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/scalerkit/scalerkit/internal/azure"
)

// An authorizer makes Authorization headers.
type authorizer struct {
	namespace  azure.Namespace
	credential azcore.TokenCredential // in place of the namespace's, if not nil
}

func newAuthorizer(a azure.Access, h azure.HTTP) (authorizer, error) {
	if !a.Identity.IsSet() {
		return authorizer{namespace: a.Namespace}, nil
	}
	credential, err := azure.NewCredential(a.Identity, a.Cloud, h)
	return authorizer{credential: credential}, err
}

// renews reports whether a new authorizer has a new token.
func (a authorizer) renews() bool { return a.credential != nil }

// authorize returns the header for a request. A token stands there by itself,
// without the word Bearer: the API has its own way.
func (a authorizer) authorize(ctx context.Context, address string) (string, error) {
	switch {
	case a.credential != nil:
		token, err := a.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://servicebus.azure.net//.default"}})
		return token.Token, err
	case a.namespace.Signature.IsSet():
		return a.namespace.Signature.Reveal(), nil
	}
	return a.namespace.Sign(address, time.Now().Add(signatureLife)), nil
}

// signatureLife allows for clocks that differ.
const signatureLife = time.Hour

// secrets returns what must not be shown of a credential.
func (a authorizer) secrets(credential string) []string {
	_, signature, _ := strings.Cut(credential, "sig=")
	signature, _, _ = strings.Cut(signature, "&")
	plain, _ := url.QueryUnescape(signature) // empty if it is none
	return []string{credential, signature, plain, a.namespace.Key.Reveal()}
}
