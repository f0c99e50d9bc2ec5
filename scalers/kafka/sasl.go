package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/scalerkit/scalerkit"
)

// mechanism returns the SASL mechanism that c asks for, nil if it asks for
// none.
func (c *Cluster) mechanism(options scalerkit.Options) (sasl.Mechanism, error) {
	switch {
	case c.usesMSK():
		credentials, err := c.AWS.credentials(c.BootstrapServers, options)
		if err != nil {
			return nil, err
		}
		return bearer{tokens: signer{c.AWS.Region, credentials}}, nil
	case c.SASL == "plaintext":
		return plain.Mechanism{Username: c.Username, Password: c.Password.Reveal()}, nil
	case c.SASL == "scram_sha256":
		return c.scram(scram.SHA256)
	case c.SASL == "scram_sha512":
		return c.scram(scram.SHA512)
	case c.SASL == "oauthbearer":
		return bearer{c.tokens(options), c.OAuth.extensions()}, nil
	}
	return nil, nil
}

func (c *Cluster) scram(algorithm scram.Algorithm) (sasl.Mechanism, error) {
	m, err := scram.Mechanism(algorithm, c.Username, c.Password.Reveal())
	if err != nil { // it quotes what it does not like
		return nil, scalerkit.Problem("password", "or username has a character that SCRAM does not allow")
	}
	return m, nil
}

// authenticate says who we are.
func (w *wire) authenticate(ctx context.Context, m sasl.Mechanism) error {
	if !w.speaks(protocol.SaslHandshake, 1) {
		return errors.New("it is too old for SASL: Kafka 1.0 is needed")
	}
	answers, err := w.exchange(&saslhandshake.Request{Mechanism: m.Name()})
	if err != nil {
		return err
	}
	shake := answers[0].(*saslhandshake.Response)
	if code := kafkago.Error(shake.ErrorCode); code == kafkago.UnsupportedSASLMechanism {
		return fmt.Errorf("it does not offer SASL %s, but %s", m.Name(), strings.Join(shake.Mechanisms, ", "))
	} else if code != 0 {
		return codeError(shake.ErrorCode)
	}
	session, message, err := m.Start(ctx)
	if err != nil {
		return err
	}
	err = w.converse(ctx, session, message)
	if b, ok := session.(bearerSession); ok && (errors.Is(err, scalerkit.ErrDenied) || errors.Is(err, io.EOF)) {
		b.tokens.Forget(b.token)
	}
	return err
}

// converse says the first message of a session, and then whatever the answers
// call for.
func (w *wire) converse(ctx context.Context, session sasl.StateMachine, message []byte) error {
	for done := false; !done; {
		answers, err := w.exchange(&saslauthenticate.Request{AuthBytes: message})
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w, which is how some refuse credentials", err)
		}
		if err != nil {
			return err
		}
		answer := answers[0].(*saslauthenticate.Response)
		if err := codeError(answer.ErrorCode); err != nil {
			return err
		}
		if lifetime := time.Duration(answer.SessionLifetimeMs) * time.Millisecond; lifetime > 0 {
			w.expires = time.Now().Add(lifetime * 9 / 10) // the broker closes what is used beyond it
		}
		if done, message, err = session.Next(ctx, answer.AuthBytes); err != nil {
			return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
		}
	}
	return nil
}
