package conns_test

import (
	"context"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/conns"
)

func TestCloseEndsWhatThereIsAndWhatIsToCome(t *testing.T) {
	dialing := make(chan struct{})
	var ours, theirs net.Conn
	c := conns.New(func(ctx context.Context, network, _ string) (net.Conn, error) {
		if network == "slow" {
			close(dialing)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		ours, theirs = net.Pipe()
		return ours, nil
	})
	open, err := c.Dial(t.Context(), "tcp", "")
	require.NoError(t, err)
	defer theirs.Close()

	slow := make(chan error)
	go func() {
		_, err := c.Dial(context.Background(), "slow", "")
		slow <- err
	}()
	<-dialing
	c.Close()
	_, err = open.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.ErrorIs(t, <-slow, net.ErrClosed)
	_, err = c.Dial(t.Context(), "tcp", "")
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = ours.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe, "what came too late is closed")
	require.NoError(t, open.Close())
	c.Close()
}

func TestAConnectionCanBeLookedIntoIfTheOneBelowCan(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	c := conns.New(func(ctx context.Context, network, address string) (net.Conn, error) {
		if network == "pipe" {
			here, _ := net.Pipe()
			return here, nil
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	})
	defer c.Close()
	raw, err := c.Dial(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	require.Implements(t, new(syscall.Conn), raw)
	plain, err := c.Dial(t.Context(), "pipe", "")
	require.NoError(t, err)
	require.NotImplements(t, new(syscall.Conn), plain)
}
