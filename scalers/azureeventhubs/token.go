package azureeventhubs

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/scalerkit/scalerkit/internal/azure"
)

// A token says that its bearer may read a hub.
type token struct {
	kind    string
	text    string
	expires time.Time // zero if it is not known
}

const (
	sharedAccess = "servicebus.windows.net:sastoken"
	webToken     = "jwt"
	tokenScope   = "https://eventhubs.azure.net//.default"
	tokenLife    = time.Hour // of those that are made here
)

// tokens has tokens for the hubs of one namespace.
type tokens struct {
	namespace azure.Access
	http      azure.HTTP // for the authority

	mu         sync.Mutex
	credential azcore.TokenCredential // nil if there is none yet
}

// token returns a token for what the audience names.
func (t *tokens) token(ctx context.Context, audience string) (token, error) {
	switch n := t.namespace; {
	case n.Identity.IsSet():
		return t.fetch(ctx)
	case n.Signature.IsSet():
		return token{kind: sharedAccess, text: n.Signature.Reveal()}, nil
	default:
		return sign(n.Namespace, audience, time.Now().Add(tokenLife)), nil
	}
}

// fetch returns a token of the identity, which is good for all hubs.
func (t *tokens) fetch(ctx context.Context) (token, error) {
	credential, err := t.current()
	if err != nil {
		return token{}, err
	}
	access, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{tokenScope}})
	if err != nil {
		return token{}, azure.Explain(err)
	}
	return token{webToken, access.Token, access.ExpiresOn}, nil
}

// current returns the credential of the identity, which keeps its token.
func (t *tokens) current() (azcore.TokenCredential, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.credential == nil {
		credential, err := azure.NewCredential(t.namespace.Identity, t.namespace.Cloud, t.http)
		if err != nil {
			return nil, err
		}
		t.credential = credential
	}
	return t.credential, nil
}

// forget makes the next token a new one, since the service refuses this one.
func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.credential = nil
}

func sign(n azure.Namespace, audience string, expires time.Time) token {
	return token{sharedAccess, n.Sign(audience, expires), expires}
}

// expiration is what the service wants to be told of it.
func (t token) expiration() string {
	if t.expires.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.expires.Unix(), 10)
}

// renewal says when a token that is given to the service now is to be replaced.
func (t token) renewal(now time.Time) time.Time {
	if t.expires.IsZero() {
		return now.Add(tokenLife)
	}
	return now.Add(t.expires.Sub(now) / 2)
}
