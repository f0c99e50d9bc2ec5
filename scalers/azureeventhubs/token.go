package azureeventhubs

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
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
	entra     *httpsource.Bearer // good for all hubs
	http      azure.HTTP         // of entra
}

func newTokens(n azure.Access, options scalerkit.Options) tokens {
	h := azure.NewHTTP(options, 1)
	return tokens{n, n.Principal.Tokens(tokenScope, h), h}
}

// Close ends the fetching of tokens.
func (t tokens) Close() error { return errors.Join(t.entra.Close(), t.http.Close()) }

// token returns a token for what the audience names.
func (t tokens) token(ctx context.Context, audience string) (token, error) {
	switch n := t.namespace; {
	case n.Principal.IsSet():
		text, expires, err := t.entra.Token(ctx)
		return token{webToken, text, expires}, err
	case n.Signature.IsSet():
		return token{kind: sharedAccess, text: n.Signature.Reveal()}, nil
	default:
		return sign(n.Namespace, audience, time.Now().Add(tokenLife)), nil
	}
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
