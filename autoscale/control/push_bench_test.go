package control_test

import (
	"context"
	"fmt"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/scalers/cron"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/external/server"
)

// BenchmarkPush measures the time from a push of an external scaler, over gRPC, to
// the workload's new replicas, where the last round was over a second ago.
func BenchmarkPush(b *testing.B) {
	source := new(broker)
	queue := newPushing(source, "bench")
	s, err := external.PushDriver().Open(scalerkit.Spec{Metadata: map[string]string{"scalerAddress": serve(b, queue)}}, scalerkit.Options{})
	require.NoError(b, err)
	policy := autoscale.Default()
	policy.Max = math.MaxInt32
	replicas := make(told, 1)
	stop := runAll(b, map[scalerkit.Key]control.Loop{
		{Name: "bench"}: {Workload: replicas, Policy: policy, Triggers: []control.Trigger{{Scaler: s}}, Interval: time.Hour},
	})
	defer stop()
	time.Sleep(5 * time.Second) // within which the first round is
	for n := 1; b.Loop(); n++ {
		b.StopTimer()
		time.Sleep(1100 * time.Millisecond)
		source.set(func() { source.level = float64(5 * n) })
		b.StartTimer()
		queue.pushes <- struct{}{}
		<-replicas
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/push")
}

// serve serves a Scaler as an external one until the benchmark ends.
func serve(b *testing.B, s scalerkit.Scaler) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	external := server.New(server.Options{Anonymous: true, Open: func(server.Object) (scalerkit.Scaler, error) { return s, nil }}, grpc.Creds(insecure.NewCredentials()))
	served := make(chan error)
	go func() { served <- external.Serve(listener) }()
	b.Cleanup(func() {
		require.NoError(b, external.Close())
		require.NoError(b, <-served)
	})
	return listener.Addr().String()
}

// runAll runs loops until it is stopped.
func runAll(b *testing.B, loops map[scalerkit.Key]control.Loop) (stop func()) {
	runner := new(control.Runner)
	for key, l := range loops {
		require.NoError(b, runner.Set(key, l))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- runner.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(b, <-ended)
	}
}

// told is a workload without replicas, whatever it is told.
type told chan int

func (told) Replicas(context.Context) (int, error) { return 0, nil }

func (t told) SetReplicas(_ context.Context, n int) error {
	t <- n
	return nil
}

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
	loops := make(map[scalerkit.Key]control.Loop)
	all := &morning{left: int64(workloads), last: make(chan time.Time, 1)}
	for i := range workloads {
		s, err := cron.New(cron.Config{Timezone: "UTC", Start: timetable(at), End: timetable(at.Add(time.Hour)), DesiredReplicas: 4}, options)
		require.NoError(b, err)
		loops[named(i)] = control.Loop{Workload: &asleep{all: all}, Policy: autoscale.Default(), Triggers: []control.Trigger{{Scaler: s}}}
	}
	defer runAll(b, loops)()
	return (<-all.last).Sub(at)
}

// A morning is when workloads without replicas get some. It tells of the last one.
type morning struct {
	left int64 // atomic
	last chan time.Time
}

type asleep struct {
	all *morning
	n   atomic.Int64
}

func (d *asleep) Replicas(context.Context) (int, error) { return int(d.n.Load()), nil }

func (d *asleep) SetReplicas(_ context.Context, n int) error {
	if d.n.Swap(int64(n)) == 0 && atomic.AddInt64(&d.all.left, -1) == 0 {
		d.all.last <- time.Now()
	}
	return nil
}
