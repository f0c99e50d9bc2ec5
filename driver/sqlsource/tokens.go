package sqlsource

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Tokens gets tokens of platform identities, which databases take in place of a
// password.
type Tokens = driver.Tokens

// A TokenSource gets tokens of one identity.
type TokenSource = driver.TokenSource

// Login is the part of a Config that says who asks a database, other than by a
// user and a password.
type Login struct {
	Identity scalerkit.Identity

	// Tokens provides for the tokens of an Identity. Without it, triggers with
	// an Identity are refused.
	Tokens Tokens `scaler:"-"`

	// Credential, if not nil, has the password of each new connection. It is the
	// program's, and Close leaves it alone. It is part of the key under which
	// Scalers share a connection.
	Credential TokenSource `scaler:"-"`

	// Client, if not nil, is asked, with its own limits, and the other parameters
	// open nothing. It is the program's, and Close leaves it alone. It is part of
	// the key under which Scalers share a connection.
	Client *sql.DB `scaler:"-"`
}

// Check adds what is wrong with sending a token of the Identity to the Audience,
// whose host is that field: see [Audience.Check].
func (l *Login) Check(p *driver.Problems, host *string, a Audience) (mustProve bool) {
	if !l.Identity.IsSet() || l.Client != nil || l.Credential != nil {
		return false
	}
	mustProve, err := a.Check(p.Options())
	if err != nil {
		p.Add(host, "%v", err)
	}
	return mustProve
}

// open returns the tokens of the Login, nil if it has none.
func (l *Login) open(a Audience, options scalerkit.Options) (TokenSource, error) {
	switch {
	case l.Client != nil:
		return nil, nil
	case l.Credential != nil:
		return borrowed{l.Credential}, nil
	case !l.Identity.IsSet():
		return nil, nil
	case l.Tokens == nil:
		return nil, scalerkit.ConfigError{Key: "podIdentity", Problem: fmt.Sprintf("%q is not a provider that this program and this trigger type know", l.Identity.Provider)}
	}
	return l.Tokens.Open(l.Identity, a.Scope, options)
}

// borrowed are tokens that are the program's.
type borrowed struct{ TokenSource }

// Close implements io.Closer.
func (borrowed) Close() error { return nil }

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
