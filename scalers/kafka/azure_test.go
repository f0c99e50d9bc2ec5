package kafka_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/scalers/kafka"
)

// azureTokens have one token, and count who has not closed them.
type azureTokens struct {
	scope atomic.Value
	err   error
	open  atomic.Int64
}

func (a *azureTokens) Open(_ scalerkit.Identity, scope string, _ scalerkit.Options) (driver.TokenSource, error) {
	a.scope.Store(scope)
	a.open.Add(1)
	return &azureToken{a}, nil
}

type azureToken struct{ from *azureTokens }

func (a *azureToken) Token(context.Context) (string, error) { return "the-token", a.from.err }

func (a *azureToken) Close() error {
	a.from.open.Add(-1)
	return nil
}

func withAzure(a *azureTokens) scalerkit.Driver {
	return kafka.Driver(func(c *kafka.Config) {
		if a != nil {
			c.OAuth.Tokens = a
		}
	})
}

var workload = scalerkit.Identity{Provider: "azure-workload"}

func TestAnAzureIdentityAsksByABearerToken(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 1)
	f.bearers(func(message string) (string, int16) {
		if message != "n,,\x01auth=Bearer the-token\x01\x01" {
			return "unexpected: " + message, 0
		}
		return "", 0
	})
	for scopes, scope := range map[string]string{"": "https://127.0.0.1/.default", "https://shop.servicebus.windows.net/.default": "https://shop.servicebus.windows.net/.default"} {
		a := new(azureTokens)
		s, err := withAzure(a).Open(scalerkit.Spec{
			Metadata: values{"bootstrapServers": f.address(), "consumerGroup": group, "topic": "a", "sasl": "oauthbearer"},
			Auth:     scalerkit.Secrets(values{"scopes": scopes}), Identity: workload,
		}, scalerkit.Options{IdentityEndpoints: []string{"127.0.0.1"}})
		require.NoError(t, err)
		wantValue(t, s, 1)
		require.Equal(t, scope, a.scope.Load())
		require.NoError(t, s.Close())
		require.Zero(t, a.open.Load())
	}
	s := opened(t)(withAzure(&azureTokens{err: scalerkit.ErrDenied}).Open(scalerkit.Spec{
		Metadata: values{"bootstrapServers": f.ListenAddrs()[0], "consumerGroup": group, "topic": "a", "sasl": "oauthbearer"}, Identity: workload,
	}, scalerkit.Options{IdentityEndpoints: []string{"127.0.0.1"}}))
	wantError(t, s, scalerkit.ErrDenied, `read lag of group "workers" in topic "a": broker `+f.ListenAddrs()[0]+`: get a token: access denied`)
}

func TestWhereAnAzureTokenMayNotGo(t *testing.T) {
	const trigger = `kafka trigger "t": `
	const hub = "shop.servicebus.windows.net:9093"
	for want, c := range map[string]struct {
		tokens   *azureTokens
		metadata values
	}{
		trigger + `bootstrapServers: "kafka.example.com:9093" may not be sent the token of an identity: use *.servicebus.windows.net, or let the administrator list it as an identity endpoint`: {
			new(azureTokens), values{"bootstrapServers": hub + ",kafka.example.com:9093", "tls": "enable"},
		},
		trigger + `tls: has to be enable: the token of an identity goes nowhere without TLS`:                     {new(azureTokens), values{"bootstrapServers": hub}},
		trigger + `unsafeSsl: does not go with the token of an identity: the brokers have to prove who they are`: {new(azureTokens), values{"bootstrapServers": hub, "tls": "enable", "unsafeSsl": "true"}},
		trigger + `bootstrapServers: "pkc-1.confluent.cloud:9092" may not be sent the token of an identity: use *.servicebus.windows.net, or let the administrator list it as an identity endpoint`: {
			new(azureTokens), values{"bootstrapServers": "pkc-1.confluent.cloud:9092", "tls": "enable", "saslTokenProvider": "azure_workload_identity"},
		},
		trigger + `podIdentity: "azure-workload" is not a provider that this program and this trigger type know`: {nil, values{"bootstrapServers": hub, "tls": "enable"}},
	} {
		_, err := withAzure(c.tokens).Open(scalerkit.Spec{
			Name: "t", Identity: workload, Metadata: values{"consumerGroup": group, "topic": "a", "sasl": "oauthbearer"}.with(c.metadata),
		}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}

func TestAnAzureTokenNeedsAnIdentity(t *testing.T) {
	_, err := withAzure(new(azureTokens)).Open(scalerkit.Spec{Name: "t", Metadata: values{
		"bootstrapServers": "shop.servicebus.windows.net:9093", "tls": "enable", "consumerGroup": group, "topic": "a", "sasl": "oauthbearer", "saslTokenProvider": "azure_workload_identity",
	}}, scalerkit.Options{})
	require.EqualError(t, err, `kafka trigger "t": podIdentity: is missing, or not of the provider azure-workload: saslTokenProvider azure_workload_identity needs one of that`)
}

// A cluster leads to a host that the trigger does not name.
func TestABrokerThatOthersNameGetsNoAzureToken(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 1, 1, 1)
	for node := range int32(brokers) { // each leads a partition
		require.NoError(t, f.MoveTopicPartition("a", node, node))
	}
	var asked atomic.Int64
	f.bearers(func(string) (string, int16) {
		asked.Add(1)
		return "", 0
	})
	s := opened(t)(withAzure(new(azureTokens)).Open(scalerkit.Spec{
		Metadata: values{"bootstrapServers": f.ListenAddrs()[0], "consumerGroup": group, "topic": "a", "sasl": "oauthbearer"}, Identity: workload,
	}, scalerkit.Options{IdentityEndpoints: []string{f.ListenAddrs()[0]}}))
	_, err := s.Read(t.Context())
	require.ErrorContains(t, err, "may not be sent the token of an identity")
	require.True(t, strings.HasPrefix(err.Error(), `read lag of group "workers" in topic "a": `))
	require.EqualValues(t, 1, asked.Load(), "by the one broker")
}
