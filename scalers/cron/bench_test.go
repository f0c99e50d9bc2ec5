package cron_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/scalers/cron"
)

// BenchmarkEdge measures the time from an edge that 500 timetables have in common
// to the new replicas of the last workload. It waits for a full minute of the wall
// clock each time.
func BenchmarkEdge(b *testing.B) {
	var sum time.Duration
	for b.Loop() {
		sum += edge(b, 500)
	}
	b.ReportMetric(float64(sum.Milliseconds())/float64(b.N), "ms/edge")
}

func edge(b *testing.B, workloads int) time.Duration {
	const firstRounds = 10 * time.Second // are over by then
	at := time.Now().UTC().Add(firstRounds).Truncate(time.Minute).Add(time.Minute)
	timetable := func(t time.Time) string { return fmt.Sprintf("%d %d * * *", t.Minute(), t.Hour()) }
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	runner := new(control.Runner)
	all := &fleet{left: int64(workloads), last: make(chan time.Time, 1)}
	for i := range workloads {
		s, err := cron.New(cron.Config{Timezone: "UTC", Start: timetable(at), End: timetable(at.Add(time.Hour)), DesiredReplicas: 4}, options)
		require.NoError(b, err)
		require.NoError(b, runner.Set(scalerkit.Key{Name: fmt.Sprint(i)}, control.Loop{
			Workload: &deployment{fleet: all}, Policy: autoscale.Default(), Triggers: []control.Trigger{{Scaler: s}},
		}))
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- runner.Run(ctx) }()
	last := <-all.last
	stop()
	require.NoError(b, <-ended)
	return last.Sub(at)
}

// A fleet is of workloads without replicas. It tells when the last one has some.
type fleet struct {
	left int64 // atomic
	last chan time.Time
}

type deployment struct {
	fleet *fleet
	n     atomic.Int64
}

func (d *deployment) Replicas(context.Context) (int, error) { return int(d.n.Load()), nil }

func (d *deployment) SetReplicas(_ context.Context, n int) error {
	if d.n.Swap(int64(n)) == 0 && atomic.AddInt64(&d.fleet.left, -1) == 0 {
		d.fleet.last <- time.Now()
	}
	return nil
}
