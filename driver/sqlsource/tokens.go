package sqlsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Tokens gets tokens of platform identities, which databases take in place of a
// password. A program passes one to a driver, so that nobody links the libraries
// of a cloud unasked. It is comparable.
type Tokens interface {
	// Open returns a source of tokens for an Identity that is set. The scope
	// says what they are for. It does no I/O. Its error is a
	// [scalerkit.ConfigError] where the trigger is wrong.
	Open(identity scalerkit.Identity, scope string, options scalerkit.Options) (TokenSource, error)
}

// A TokenSource gets tokens of one identity. Its methods may be called
// concurrently.
type TokenSource interface {
	// Token returns a token that is valid. Its error wraps
	// [scalerkit.ErrDenied] if the identity was refused, and contains no secret.
	Token(context.Context) (string, error)
	io.Closer
}

// An Audience is the database that a token is for.
type Audience struct {
	Scope      string
	Host, Port string
	Cloud      []string // the hosts of the cloud that take such tokens, as in scalerkit.Options.IdentityEndpoints
}

// Check returns an error about the host if a token may not be sent there: it is
// neither one of the cloud nor listed in [scalerkit.Options.IdentityEndpoints].
// Unless it is listed, mustProve is true: the server has to prove by TLS that it
// is the host.
func (a Audience) Check(options scalerkit.Options) (mustProve bool, err error) {
	if strings.Contains(a.Host, ",") {
		return true, errors.New("is more than one, and a token of an identity is for one only: keep one")
	}
	address := net.JoinHostPort(a.Host, a.Port)
	mustProve = cloudhosts.Hosts(nil).Check(address, options.IdentityEndpoints) != nil
	return mustProve, cloudhosts.Hosts(a.Cloud).Check(address, options.IdentityEndpoints)
}

// Open returns the tokens of an Identity, nil if it is not set.
func (a Audience) Open(tokens Tokens, identity scalerkit.Identity, options scalerkit.Options) (TokenSource, error) {
	switch {
	case !identity.IsSet():
		return nil, nil
	case tokens == nil:
		return nil, scalerkit.ConfigError{Key: "podIdentity", Problem: fmt.Sprintf("%q is not a provider that this program and this trigger type know", identity.Provider)}
	}
	return tokens.Open(identity, a.Scope, options)
}
