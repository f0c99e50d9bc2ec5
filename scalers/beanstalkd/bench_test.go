package beanstalkd_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound asks the real server for 1,000 tubes by a bare connection, one after
// the other, and by as many triggers, in turn, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const tubes = 1000
	c := dial(b)
	prefix := fmt.Sprintf("bench-%d-", time.Now().UnixNano())
	mine := map[string][]string{}
	scalers := make([]scalerkit.Scaler, tubes)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	for i := range scalers {
		tube := fmt.Sprint(prefix, i)
		require.NoError(b, c.set(tube, mine, 1))
		scalers[i] = open(b, needServer(b), tube, nil, options)
	}
	bare := func() {
		for i := range tubes {
			words, err := c.do("stats-tube %s%d", prefix, i)
			require.NoError(b, err)
			var size int
			_, err = fmt.Sscan(words[1], &size)
			require.NoError(b, err)
			_, err = c.reader.Discard(size + len("\r\n"))
			require.NoError(b, err)
		}
	}
	ours := func() {
		ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
		defer cancel()
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != 1 {
				b.Fatal(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
