package driver

import (
	"context"
	"io"

	"github.com/scalerkit/scalerkit"
)

// Tokens gets tokens of platform identities, which some sources that are not asked
// over HTTP take in place of a password. A program passes one to a driver, so that
// nobody links the libraries of a cloud unasked. It is comparable.
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
