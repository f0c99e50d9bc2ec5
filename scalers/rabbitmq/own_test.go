package rabbitmq_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
)

// A signer is an Authenticator and a RoundTripper of a program.
type signer struct {
	http.Transport
	sent   atomic.Int64
	closed bool
}

func (s *signer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.sent.Add(1)
	return s.Transport.RoundTrip(r)
}

func (s *signer) Authorize(_ context.Context, r *http.Request) error {
	r.SetBasicAuth(username, password)
	return nil
}

func (s *signer) Close() error {
	s.closed = true
	return nil
}

// TestTheProgramsOwn has nobody who may ask, but for what the program has.
func TestTheProgramsOwn(t *testing.T) {
	f := newFake()
	f.set("/", "orders", stats{ready: 4})
	overAMQP, overHTTP := "amqp://u:wrong@"+f.serveAMQP(t, nil), "http://"+f.serveHTTP(t, nil)
	client, err := amqp.Dial("amqp://" + username + ":" + password + "@" + overAMQP[len("amqp://u:wrong@"):])
	require.NoError(t, err)
	defer client.Close()
	own := new(signer)
	defer own.Transport.CloseIdleConnections()

	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	for _, c := range []rabbitmq.Connection{
		{Host: scalerkit.NewSecret(overAMQP), Client: client},
		{Host: scalerkit.NewSecret(overAMQP), Credential: &amqp.PlainAuth{Username: username, Password: password}},
		{Host: scalerkit.NewSecret(overHTTP), HTTPCredential: own, HTTPClient: &http.Client{Transport: own}},
	} {
		s, err := rabbitmq.New(rabbitmq.Config{Connection: c, QueueName: "orders"}, options)
		require.NoError(t, err)
		for range 2 {
			r, err := s.Read(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 4, r.Value)
		}
		missing, err := rabbitmq.New(rabbitmq.Config{Connection: c, QueueName: "missing"}, options)
		require.NoError(t, err)
		_, err = missing.Read(t.Context())
		require.ErrorIs(t, err, scalerkit.ErrNotFound)
		require.NoError(t, missing.Close())
		require.NoError(t, s.Close())
	}
	require.False(t, client.IsClosed())
	require.EqualValues(t, 3, own.sent.Load())
	require.False(t, own.closed)

	nobody, err := rabbitmq.New(rabbitmq.Config{Connection: rabbitmq.Connection{Host: scalerkit.NewSecret(overAMQP)}, QueueName: "orders"}, options)
	require.NoError(t, err)
	defer nobody.Close()
	_, err = nobody.Read(t.Context())
	require.ErrorIs(t, err, scalerkit.ErrDenied)

	require.NoError(t, client.Close())
	lost, err := rabbitmq.New(rabbitmq.Config{Connection: rabbitmq.Connection{Host: scalerkit.NewSecret(overAMQP), Client: client}, QueueName: "orders"}, options)
	require.NoError(t, err)
	defer lost.Close()
	_, err = lost.Read(t.Context())
	require.EqualError(t, err, `read queue "orders": connection lost: Exception (504) Reason: "channel/connection is not open"`)
}
