package azureeventhubs_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
)

// A slow connection does not get rid of what it is to write until it is told to,
// from some time on.
type slow struct {
	net.Conn
	now     *atomic.Bool
	waiting chan<- struct{}
	goOn    <-chan struct{}
}

func (s slow) Write(p []byte) (int, error) {
	if s.now.CompareAndSwap(true, false) {
		s.waiting <- struct{}{}
		<-s.goOn
	}
	return s.Conn.Write(p)
}

// TestWhoIsAboutToSendDoesNotOutliveTheConnection repeats what does not go wrong
// every time.
func TestWhoIsAboutToSendDoesNotOutliveTheConnection(t *testing.T) {
	f := newFixture(t)
	const hubs = 12
	for i := range hubs {
		f.set(fmt.Sprintf("hub-%d", i), partition{0, 9, false})
	}
	begin := goleak.IgnoreCurrent()
	for range 200 {
		var now atomic.Bool
		waiting, goOn := make(chan struct{}), make(chan struct{})
		options := scalerkit.Options{Pool: new(scalerkit.Pool), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return slow{c, &now, waiting, goOn}, err
		}}
		scalers := make([]scalerkit.Scaler, hubs)
		for i := range scalers {
			scalers[i] = f.open(t, values{"eventHubName": fmt.Sprintf("hub-%d", i)}, options)
		}
		for _, r := range scalerkit.ReadAll(context.Background(), scalers...) {
			require.NoError(t, r.Err)
		}
		now.Store(true)
		done := make(chan []scalerkit.Result)
		go func() { done <- scalerkit.ReadAll(context.Background(), scalers...) }()
		<-waiting
		for _, s := range scalers[1:] {
			require.NoError(t, s.Close())
		}
		go func() { close(goOn) }()
		require.NoError(t, scalers[0].Close())
		for _, r := range <-done {
			require.ErrorIs(t, r.Err, scalerkit.ErrClosed)
		}
	}
	require.Eventually(t, func() bool { return goleak.Find(begin) == nil }, 10*time.Second, 10*time.Millisecond)
}
