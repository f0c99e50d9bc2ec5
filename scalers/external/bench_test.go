package external_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/scalerkit/scalerkit"
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
