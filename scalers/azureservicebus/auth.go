package azureservicebus

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// An access is a namespace and a way to get at it. It is comparable.
type access struct {
	namespace azure.Namespace
	identity  scalerkit.Identity // in place of the namespace's key or signature, if set
	cloud     string             // of the identity
}

// authorizer returns what the access has for a header.
func (a access) authorizer(h azure.HTTP) (authorizer, error) {
	if !a.identity.IsSet() {
		return authorizer{namespace: a.namespace}, nil
	}
	credential, err := azure.NewCredential(a.identity, a.cloud, h)
	return authorizer{credential: credential}, err
}

// An authorizer makes Authorization headers.
type authorizer struct {
	namespace  azure.Namespace
	credential azcore.TokenCredential // in place of the namespace's, if not nil
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
	return sign(address, a.namespace.KeyName, a.namespace.Key, time.Now().Add(signatureLife)), nil
}

// signatureLife allows for clocks that differ.
const signatureLife = time.Hour

// sign returns a shared access signature for an address.
func sign(address, keyName string, key scalerkit.Secret, until time.Time) string {
	resource := strings.ToLower(url.QueryEscape(address))
	expiry := strconv.FormatInt(until.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(resource + "\n" + expiry))
	signature := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return fmt.Sprintf("SharedAccessSignature sr=%s&sig=%s&se=%s&skn=%s", resource, signature, expiry, keyName)
}

// secrets returns what must not be shown of a credential.
func (a authorizer) secrets(credential string) []string {
	_, signature, _ := strings.Cut(credential, "sig=")
	signature, _, _ = strings.Cut(signature, "&")
	plain, _ := url.QueryUnescape(signature) // empty if it is none
	return []string{credential, signature, plain, a.namespace.Key.Reveal()}
}
