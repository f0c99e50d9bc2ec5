package scalerkit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// A line is a connection that counts how often it is asked.
type line struct{ asked int }

func (*line) Close() error { return nil }

// A gauge is a Sharer that reads its own number over a line.
type gauge struct {
	number float64
	conn   *scalerkit.Shared[*line]
}

func newGauge(pool *scalerkit.Pool, l *line, number float64) *gauge {
	return &gauge{number, scalerkit.Share(pool, "line", func(context.Context) (*line, error) { return l, nil })}
}

func (g *gauge) Metric() scalerkit.Metric { return scalerkit.Metric{Name: "gauge"} }
func (g *gauge) Close() error             { return g.conn.Close() }
func (g *gauge) IsClosed() bool           { return g.conn.IsClosed() }
func (g *gauge) wrap(err error) error     { return fmt.Errorf("read gauge %v: %w", g.number, err) }

func (g *gauge) Read(ctx context.Context) (scalerkit.Reading, error) {
	return scalerkit.ReadShared(ctx, g.conn, g, askGauges, (*gauge).wrap)
}

func askGauges(_ context.Context, l *line, gauges []*gauge) ([]scalerkit.Result, error) {
	l.asked++
	results := make([]scalerkit.Result, len(gauges))
	for i, g := range gauges {
		results[i].Reading.Value = g.number
		if g.number < 0 {
			return nil, errors.New("out of order")
		}
	}
	if len(gauges) > 5 {
		return results[:5], nil
	}
	return results, nil
}

func gauges(l *line, numbers ...float64) []scalerkit.Scaler {
	pool := new(scalerkit.Pool)
	all := make([]scalerkit.Scaler, len(numbers))
	for i, n := range numbers {
		all[i] = newGauge(pool, l, n)
	}
	return all
}

func readBatch(peers []scalerkit.Scaler) []scalerkit.Result {
	return scalerkit.ReadSharedBatch(context.Background(), peers[0].(*gauge).conn, peers, askGauges, (*gauge).wrap)
}

func TestASharedBatchAsksOnceForAll(t *testing.T) {
	l := new(line)
	results := readBatch(gauges(l, 1, 2, 3))
	require.Equal(t, 1, l.asked)
	for i, r := range results {
		require.NoError(t, r.Err)
		require.EqualValues(t, i+1, r.Reading.Value)
	}
}

func TestAClosedPeerOfASharedBatchGetsErrClosedAlone(t *testing.T) {
	peers := gauges(new(line), 1, 2, 3)
	require.NoError(t, peers[0].Close()) // the one whose share is used
	results := readBatch(peers)
	require.Equal(t, scalerkit.Result{Err: scalerkit.ErrClosed}, results[0])
	require.EqualValues(t, 3, results[2].Reading.Value)

	_, err := peers[0].Read(context.Background())
	require.Equal(t, scalerkit.ErrClosed, err)
}

func TestASharedBatchThatFailsSaysForEachPeerWhatWasBeingDone(t *testing.T) {
	peers := gauges(new(line), 1, -2)
	results := readBatch(peers)
	require.EqualError(t, results[0].Err, "read gauge 1: out of order")
	require.EqualError(t, results[1].Err, "read gauge -2: out of order")

	_, err := peers[1].Read(context.Background())
	require.EqualError(t, err, "read gauge -2: out of order")
}

func TestASharedBatchWithTooFewAnswersIsAnError(t *testing.T) {
	results := readBatch(gauges(new(line), 1, 2, 3, 4, 5, 6))
	require.Len(t, results, 6)
	require.EqualError(t, results[0].Err, "read gauge 1: 5 answers for 6 scalers")
}
