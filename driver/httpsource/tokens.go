package httpsource

import (
	"context"

	"github.com/scalerkit/scalerkit"
)

// Tokens has OAuth2 tokens for a source that is not asked over HTTP itself. They
// are kept and renewed as those of [ModeOAuth]. Its methods may be called
// concurrently.
type Tokens struct {
	client *Client
	bearer *Bearer
}

// NewTokens returns the Tokens that an OAuth asks for. It does no I/O.
func NewTokens(o OAuth, options scalerkit.Options) (*Tokens, error) {
	client, err := New(Settings{Access: Access{Modes: []string{ModeOAuth}, OAuth: o}}, options)
	if err != nil {
		return nil, err
	}
	return &Tokens{client, client.authenticators[0].(oauth).Bearer}, nil
}

// Token returns the current token, after fetching one if need be. Its error has
// no secret in it and is of the same kinds as those of [Client.Do].
func (t *Tokens) Token(ctx context.Context) (string, error) {
	token, _, err := t.bearer.Token(ctx)
	return token, err
}

// Forget is told a token that was refused, so that the next is another.
func (t *Tokens) Forget(token string) { t.bearer.Forget(token) }

// Close ends what is under way, and the connections.
func (t *Tokens) Close() error { return t.client.Close() }
