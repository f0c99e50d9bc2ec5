package sqlsource

import (
	"context"
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

// Open returns the tokens of an Identity for a, nil if the Identity is not set.
// It refuses to if the host is neither one of the cloud nor listed in
// [scalerkit.Options.IdentityEndpoints]. Unless it is listed, mustProve is true:
// the server has to prove by TLS that it is the host.
func (a Audience) Open(tokens Tokens, identity scalerkit.Identity, options scalerkit.Options) (source TokenSource, mustProve bool, err error) {
	switch {
	case !identity.IsSet():
		return nil, false, nil
	case tokens == nil:
		return nil, false, scalerkit.ConfigError{Key: "podIdentity", Problem: fmt.Sprintf("%q is not a provider that this program and this trigger type know", identity.Provider)}
	case strings.Contains(a.Host, ","):
		return nil, false, scalerkit.ConfigError{Key: "host", Problem: "is more than one, and a token of an identity is for one only: keep one"}
	}
	address := net.JoinHostPort(a.Host, a.Port)
	if err := cloudhosts.Hosts(a.Cloud).Check(address, options.IdentityEndpoints); err != nil {
		return nil, false, scalerkit.ConfigError{Key: "host", Problem: err.Error()}
	}
	mustProve = cloudhosts.Hosts(nil).Check(address, options.IdentityEndpoints) != nil
	source, err = tokens.Open(identity, a.Scope, options)
	return source, mustProve, err
}
