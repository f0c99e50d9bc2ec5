package server_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
	"github.com/scalerkit/scalerkit/scalers/external/server"
)

func TestScalersAreOpenedOnceForEachObject(t *testing.T) {
	var opened []server.Object
	from := call(t, server.Options{Most: 2, Open: func(o server.Object) (scalerkit.Scaler, error) {
		opened = append(opened, o)
		return reading(scalerkit.Reading{}, nil), nil
	}})
	metadata := map[string]string{"queue": "a", "tokenFromEnv": "hunter2"}
	object := wire.Object{Name: "orders", Namespace: "shop", Metadata: metadata}
	forward := object.Encode()
	backward := wire.Object{Name: "orders", Namespace: "shop", Metadata: map[string]string{"tokenFromEnv": "hunter2"}}.Encode() +
		wire.Object{Metadata: map[string]string{"queue": "a"}}.Encode()
	require.NotEqual(t, forward, backward)
	for _, from.ref = range []wire.Ref{forward, backward, forward} {
		_, err := from.isActive()
		require.NoError(t, err)
	}
	require.Equal(t, []server.Object{{Owner: scalerkit.Key{Namespace: "shop", Name: "orders"}, Metadata: metadata}}, opened)

	object.Namespace = "mail"
	from.ref = object.Encode()
	_, err := from.isActive()
	require.NoError(t, err)
	require.Len(t, opened, 2)
	object.Namespace = "news"
	from.ref = object.Encode()
	_, err = from.isActive()
	require.EqualError(t, err, "rpc error: code = ResourceExhausted desc = 2 triggers are served, which is the most that may be")
}

func TestAScalerThatNobodyAsksForIsClosed(t *testing.T) {
	s := reading(scalerkit.Reading{}, nil)
	s.closed = make(chan error)
	opened := 0
	from := call(t, server.Options{Idle: time.Millisecond, Open: func(server.Object) (scalerkit.Scaler, error) {
		opened++
		return s, nil
	}})
	for want := range 2 {
		_, err := from.isActive()
		require.NoError(t, err)
		s.closed <- nil // it waits for that
		require.Equal(t, want+1, opened)
	}
}

func TestCloseClosesTheScalers(t *testing.T) {
	s := reading(scalerkit.Reading{}, nil)
	s.closed = make(chan error, 1)
	s.closed <- errors.New("stuck")
	closing := server.New(server.Options{Open: always(s), Anonymous: true})
	from := callAt(t, listen(t, closing))
	_, err := from.isActive()
	require.NoError(t, err)
	require.EqualError(t, closing.Close(), "stuck")
	require.NoError(t, closing.Close())
	_, err = from.isActive()
	require.Error(t, err)
}
