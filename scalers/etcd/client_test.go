package etcd

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnAddressThatFailsIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("connection refused")
		dialled := 0
		d := &dialer{dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled++
			if ctx.Err() != nil {
				return new(net.Dialer).DialContext(ctx, network, address)
			}
			return nil, refused
		}}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := d.Dial(cancelled, "192.0.2.1:2379")
		require.Error(t, err)
		require.Empty(t, d.failed, "it was not the server's fault")
		dialled = 0
		dial := func(address string) {
			_, err := d.Dial(t.Context(), address)
			require.ErrorIs(t, err, refused)
		}
		dial("etcd-0:2379")
		dial("etcd-0:2379")
		require.Equal(t, 1, dialled)
		dial("etcd-1:2379")
		require.Equal(t, 2, dialled, "it is another one")
		time.Sleep(15 * time.Second)
		dial("etcd-0:2379")
		require.Equal(t, 3, dialled)
	})
}
