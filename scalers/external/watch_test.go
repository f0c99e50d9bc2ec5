package external_test

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/external/internal/externaltest"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// watched watches an external scaler until that ends it, and returns what came
// after the words that name the server.
func watched(t *testing.T, h externaltest.Handler, changed func()) string {
	t.Helper()
	address := externaltest.Serve(t, h)
	s := opened(t, external.PushDriver(), scalerkit.Spec{Metadata: values{"scalerAddress": address}}, scalerkit.Options{})
	err := s.(scalerkit.Watcher).Watch(t.Context(), changed)
	require.Error(t, err)
	begin := `watch metrics of external scaler "` + address + `": `
	require.Equal(t, begin, err.Error()[:len(begin)])
	return err.Error()[len(begin):]
}

var errOver = status.Error(codes.Aborted, "over")

const over = "StreamIsActive: Aborted: over"

func TestOnlyPushesOfActivityWake(t *testing.T) {
	changes := 0
	require.Equal(t, over, watched(t, externaltest.Handler{StreamIsActive: func(_ context.Context, _ wire.Object, send func(bool)) error {
		for _, active := range []bool{false, true, true, false, true, false} {
			send(active)
		}
		return errOver
	}}, func() { changes++ }))
	require.Equal(t, 3, changes)
}

// It is told at first, whenever it changes, and not by all servers.
func TestPushesOfTargetsWake(t *testing.T) {
	woken := make(chan struct{}, 2)
	wake := func() { woken <- struct{}{} }
	told := make(chan struct{})
	wait := func(ctx context.Context, _ wire.Object, _ func(bool)) error {
		select {
		case <-told:
			return errOver
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for name, end := range map[string]error{"and end": nil, "until they are not implemented any more": status.Error(codes.Unimplemented, "no")} {
		t.Run(name, func(t *testing.T) {
			told = make(chan struct{})
			go func() {
				<-woken
				<-woken
				close(told)
			}()
			require.Equal(t, over, watched(t, externaltest.Handler{
				StreamIsActive: wait,
				StreamMetricSpec: func(_ context.Context, _ wire.Object, send func(wire.Measures)) error {
					send(wire.Measures{{Name: "lag", Int: 5}})
					send(wire.Measures{{Name: "lag", Int: 7}})
					return end
				},
			}, wake))
		})
	}
	t.Run("until they are lost", func(t *testing.T) {
		told = make(chan struct{})
		require.Equal(t, "StreamMetricSpec: Aborted: over", watched(t, externaltest.Handler{
			StreamIsActive:   wait,
			StreamMetricSpec: func(context.Context, wire.Object, func(wire.Measures)) error { return errOver },
		}, wake))
	})
}

// Readings go on without pushes.
func TestAServerThatDoesNotPushIsStillRead(t *testing.T) {
	works := answering(true, wire.Measures{{Name: "lag", Int: 5}}, map[string]wire.Measures{"lag": {{Int: 7}}})
	require.Equal(t, "StreamIsActive: the server does not implement it: the test has none", watched(t, works, func() {}))

	s := opened(t, external.PushDriver(), scalerkit.Spec{Metadata: values{"scalerAddress": externaltest.Serve(t, works)}}, scalerkit.Options{})
	require.Error(t, s.(scalerkit.Watcher).Watch(t.Context(), func() {}))
	r, err := s.Read(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 7, r.Value)
}

func TestAStreamThatEndsIsLost(t *testing.T) {
	require.Equal(t, "StreamIsActive: the server ended the stream", watched(t, externaltest.Handler{
		StreamIsActive: func(context.Context, wire.Object, func(bool)) error { return nil },
	}, func() {}))
	require.Equal(t, "StreamIsActive: access denied: who are you", watched(t, externaltest.Handler{
		StreamIsActive: func(context.Context, wire.Object, func(bool)) error {
			return status.Error(codes.Unauthenticated, "who are you")
		},
	}, func() {}))
}

// A server has one connection for each of the ways to get to it, whatever its
// triggers are.
func TestTriggersOfOneServerShareAConnection(t *testing.T) {
	address := externaltest.Serve(t, answering(true, wire.Measures{{Name: "lag", Int: 5}}, map[string]wire.Measures{"lag": {{Int: 7}}}))
	dials := make(chan struct{}, 9)
	options := scalerkit.Options{Pool: new(scalerkit.Pool), Dial: func(ctx context.Context, network, asked string) (net.Conn, error) {
		dials <- struct{}{}
		return new(net.Dialer).DialContext(ctx, network, asked)
	}}
	var all []scalerkit.Scaler
	for _, d := range []scalerkit.Driver{external.Driver(), external.PushDriver()} {
		for _, queue := range []string{"a", "b"} {
			all = append(all, opened(t, d, scalerkit.Spec{Metadata: values{"scalerAddress": address, "queue": queue}}, options))
		}
	}
	_, pulled := all[0].(scalerkit.Watcher)
	_, pushed := all[2].(scalerkit.Watcher)
	require.Equal(t, []bool{false, true}, []bool{pulled, pushed})
	for _, r := range scalerkit.ReadAll(t.Context(), all...) {
		require.NoError(t, r.Err)
	}
	require.Len(t, dials, 1)
	other := opened(t, external.Driver(), scalerkit.Spec{Metadata: values{"scalerAddress": "passthrough:///" + address}}, options)
	_, err := other.Read(t.Context())
	require.NoError(t, err)
	require.Len(t, dials, 2)
}
