package azureeventhubs

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnprocessed(t *testing.T) {
	at := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		p          partition
		checkpoint *int64
		want       int64
	}{
		"never an event": {partition{begin: 0, last: -1, empty: true}, nil, 0},
		"never an event, whatever the checkpoint": {partition{begin: 0, last: -1}, at(5), 0},
		"all processed":                  {partition{begin: 0, last: 9}, at(9), 0},
		"some unprocessed":               {partition{begin: 0, last: 9}, at(4), 5},
		"none processed":                 {partition{begin: 0, last: 9}, at(-1), 10},
		"no checkpoint":                  {partition{begin: 3, last: 9}, nil, 7},
		"no checkpoint, the first event": {partition{begin: 0, last: 0}, nil, 1},
		"no checkpoint, one event, though not the first": {partition{begin: 7, last: 7}, nil, 1},
		"no checkpoint, all events have expired":         {partition{begin: 7, last: 7, empty: true}, nil, 0},
		"all events have expired unprocessed":            {partition{begin: 9, last: 9, empty: true}, at(2), 0},
		"some events have expired unprocessed":           {partition{begin: 5, last: 9}, at(2), 5},
		"the checkpoint is the last event that expired":  {partition{begin: 5, last: 9}, at(4), 5},
		"numbers start afresh":                           {partition{begin: math.MaxInt64 - 20_000, last: 4}, at(math.MaxInt64 - 12_000), 12_004},
		"numbers start afresh, no checkpoint":            {partition{begin: math.MaxInt64 - 20_000, last: 4}, nil, 20_005},
		"the checkpoint is newer than the partition":     {partition{begin: 0, last: 100}, at(101), 0},
		"newer by just less than is stale":               {partition{begin: 0, last: 100}, at(100 + 9_999), 0},
		"newer by what is not stale: another hub's":      {partition{begin: 0, last: 100}, at(100 + 10_000), 101},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, c.p.unprocessed(c.checkpoint, 10_000)) })
	}
	require.Equal(t, int64(101), (&partition{last: 100}).unprocessed(at(101), 0), "nothing is stale if the threshold is 0")
}

func TestSumDoesNotOverflow(t *testing.T) {
	require.Zero(t, sum(nil))
	require.Equal(t, int64(6), sum([]int64{1, 2, 3}))
	require.Equal(t, int64(math.MaxInt64), sum([]int64{math.MaxInt64 - 1, 2, 3}))
}
