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
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// newLogin returns the SASL mechanism for a user and a password.
func (c *Cluster) newLogin() (sasl.Mechanism, error) {
	user, password := c.Username, c.Password.Reveal()
	switch c.SASL {
	case "scram_sha256":
		return scram.Mechanism(scram.SHA256, user, password)
	case "scram_sha512":
		return scram.Mechanism(scram.SHA512, user, password)
	}
	return plain.Mechanism{Username: user, Password: password}, nil
}

// mechanism returns the SASL mechanism that c asks for, nil if it asks for
// none. It is closed with the client.
func (c *Cluster) mechanism(options scalerkit.Options) (sasl.Mechanism, error) {
	switch {
	case c.Credential != nil:
		return c.Credential, nil
	case c.usesMSK():
		return bearer{tokens: signer{c.AWS.Region, c.AWS.credentials(options)}}, nil
	case c.usesGSSAPI():
		return c.Kerberos.GSSAPI.Open(c)
	case c.usesAzure():
		tokens, err := c.OAuth.Tokens.Open(c.AWS.Identity, c.azureScope(), options)
		return bearer{unforgetting{tokens}, c.OAuth.extensions()}, err
	case c.SASL == "oauthbearer":
		tokens, err := httpsource.NewTokens(httpsource.OAuth{
			TokenURI: c.OAuth.TokenURL, ClientID: c.Username, ClientSecret: c.Password, Scopes: c.OAuth.Scopes,
		}, options)
		return bearer{tokens, c.OAuth.extensions()}, err
	}
	return c.login, nil
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
