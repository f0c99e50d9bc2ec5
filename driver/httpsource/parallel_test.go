package httpsource

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAsManyRequestsAtATimeAsItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			n          int
			took, left time.Duration
			want       int
		}{
			{1000, 0, 0, 2},                               // no limit, no hurry
			{2, 0, 10 * time.Second, 2},                   // few
			{1000, 0, 10 * time.Second, 21},               // a request takes 100 ms, as far as is known
			{1000, time.Millisecond, 10 * time.Second, 2}, // a server nearby
			{1000, time.Second, 10 * time.Second, 32},     // more than there are connections for
			{1000, time.Second, -time.Second, 32},         // too late
		} {
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if c.left != 0 {
				ctx, cancel = context.WithTimeout(ctx, c.left)
			}
			client := &Client{connections: 32}
			if c.took > 0 {
				client.took(c.took)
			}
			require.Equal(t, c.want, client.parallel(ctx, c.n), "%+v", c)
			cancel()
		}
	})
}

func TestHowLongRequestsTakeIsAMovingAverage(t *testing.T) {
	c := new(Client)
	c.took(800 * time.Millisecond)
	c.took(0)
	require.Equal(t, 700*time.Millisecond, time.Duration(c.roundTrip.Load()))
}
