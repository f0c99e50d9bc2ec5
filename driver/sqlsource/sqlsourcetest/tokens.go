package sqlsourcetest

import (
	"context"
	"errors"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
)

// Token is the token of all identities of [Tokens].
const Token = "scalerkit-test-token"

// Tokens is a [sqlsource.Tokens] for identities of any provider, and a
// [sqlsource.TokenSource] that has Token. Its Close fails, since it is the
// program's: a driver leaves it alone.
type Tokens struct {
	Err error // if not nil, there is no token
}

// Open implements sqlsource.Tokens.
func (t *Tokens) Open(scalerkit.Identity, string, scalerkit.Options) (sqlsource.TokenSource, error) {
	return opened{t}, nil
}

// Token implements sqlsource.TokenSource.
func (t *Tokens) Token(context.Context) (string, error) { return Token, t.Err }

// Close implements sqlsource.TokenSource.
func (t *Tokens) Close() error { return errors.New("this is the program's") }

// opened is the driver's own.
type opened struct{ *Tokens }

// Close implements sqlsource.TokenSource.
func (opened) Close() error { return nil }
