package kafka

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/segmentio/kafka-go/sasl"
)

// A tokenSource has bearer tokens.
type tokenSource interface {
	Token(context.Context) (string, error)

	// Forget is told a token that was refused, so that the next is another.
	Forget(token string)

	io.Closer
}

// bearer is the SASL mechanism OAUTHBEARER.
type bearer struct {
	tokens     tokenSource
	extensions []string // as k=v
}

func (b bearer) Name() string { return "OAUTHBEARER" }

func (b bearer) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	token, err := b.tokens.Token(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("get a token: %w", err)
	}
	const separator = "\x01"
	message := "n,," + separator + "auth=Bearer " + token + separator
	for _, e := range b.extensions {
		message += e + separator
	}
	return bearerSession{b.tokens, token}, []byte(message + separator), nil
}

type bearerSession struct {
	tokens tokenSource
	token  string
}

// Next ends the session: a broker that has anything left to say refuses.
func (s bearerSession) Next(_ context.Context, challenge []byte) (bool, []byte, error) {
	if len(challenge) == 0 {
		return true, nil, nil
	}
	return false, nil, fmt.Errorf("the token is refused: %s", strings.ReplaceAll(string(challenge), s.token, "[redacted]"))
}
