package external_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/external/internal/externaltest"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads 1,000 objects in turn by a bare client of gRPC, with the
// same calls 32 at a time, and by as many triggers, and reports the ratio of the
// two.
func BenchmarkRound(b *testing.B) {
	const objects, atATime = 1000, 32
	address := externaltest.Serve(b, answering(true, wire.Measures{{Name: "lag", Int: 5}}, map[string]wire.Measures{"lag": {{Int: 1}}}))
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(rpc.Codec{})))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Close()) })
	metadata := func(i int) values {
		return values{"scalerAddress": address, "queue": fmt.Sprintf("bench-%d", i)}
	}
	bareOne := func(i int) {
		ref := wire.Object{Metadata: metadata(i)}.Encode()
		var specs, found wire.Measures
		var active wire.Activity
		var wait sync.WaitGroup
		call := func(method string, request, response rpc.Message) {
			if err := conn.Invoke(b.Context(), "/"+wire.Service+"/"+method, request, response); err != nil {
				b.Error(err)
			}
		}
		wait.Go(func() { call(wire.GetMetricSpec, &ref, &specs) })
		wait.Go(func() { call(wire.IsActive, &ref, &active) })
		wait.Wait()
		call(wire.GetMetrics, &wire.Request{Ref: ref, Metric: specs[0].Name}, &found)
		if found[0].Int != 1 {
			b.Error(found)
		}
	}
	bare := func() {
		var wait sync.WaitGroup
		for first := range atATime {
			wait.Go(func() {
				for i := first; i < objects; i += atATime {
					bareOne(i)
				}
			})
		}
		wait.Wait()
	}
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, objects)
	for i := range scalers {
		scalers[i], err = external.Driver().Open(scalerkit.Spec{Metadata: metadata(i)}, options)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, scalers[i].Close()) })
	}
	round := func() {
		for _, r := range scalerkit.ReadAll(context.Background(), scalers...) {
			if r.Err != nil || r.Reading.Value != 1 {
				b.Error(r.Reading, r.Err)
			}
		}
	}
	scalertest.Compare(b, bare, round)
}

// BenchmarkPush measures the time from a push to the workload's new replicas, where
// the last round was over a second ago.
func BenchmarkPush(b *testing.B) {
	levels := new(externaltest.Levels)
	s, err := external.PushDriver().Open(scalerkit.Spec{
		Metadata: values{"scalerAddress": externaltest.Serve(b, levels.Handler()), "queue": "bench", "tokenFromEnv": "TOKEN"},
		Env:      scalerkit.Secrets(values{"TOKEN": externaltest.Token}),
	}, scalerkit.Options{})
	require.NoError(b, err)
	deployment := make(replicas, 1)
	policy := autoscale.Default()
	policy.Max = math.MaxInt32
	var runner control.Runner
	require.NoError(b, runner.Set(scalerkit.Key{Name: "bench"}, control.Loop{
		Workload: deployment, Policy: policy, Triggers: []control.Trigger{{Scaler: s}}, Interval: time.Hour,
	}))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- runner.Run(ctx) }()
	for n := 1; b.Loop(); n++ {
		b.StopTimer()
		if n == 1 {
			time.Sleep(5 * time.Second) // within which the first round is
		}
		time.Sleep(1100 * time.Millisecond)
		b.StartTimer()
		levels.Set("bench", float64(5*n))
		<-deployment
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/push")
	stop()
	require.NoError(b, <-ended)
}

// replicas has no replicas, and is told each new number.
type replicas chan int

func (replicas) Replicas(context.Context) (int, error) { return 0, nil }

func (r replicas) SetReplicas(_ context.Context, n int) error {
	r <- n
	return nil
}
