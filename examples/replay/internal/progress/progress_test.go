package progress

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

func TestProgressIsABarOnATerminal(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	b := &Bar{w: &out, now: func() time.Time { return now }, begin: now}
	load := b.Follow(simulate.Constant(2), 200*time.Second, 1, 4)
	at := func(second int) {
		from := time.Duration(second) * time.Second
		require.Equal(t, 2.0, load(from, from+time.Second, nil))
	}
	at(0)
	b.End()
	require.Empty(t, out.String(), "it may soon be over")
	now = now.Add(time.Second)
	at(40)
	at(41)
	b.End()
	require.Equal(t, "\r 30% "+strings.Repeat("█", 12)+strings.Repeat("░", 28)+"\r\x1b[K", out.String())
}

func TestThereIsNoProgressElsewhere(t *testing.T) {
	b := New(new(strings.Builder))
	require.Nil(t, b)
	b.Done(0.5)
	b.End()
	require.Equal(t, 2.0, b.Follow(simulate.Constant(2), time.Minute, 0, 1)(0, time.Second, nil))
}
