package temporal_test

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
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A message is one that is kept as it comes.
type message []byte

func (m *message) Parse(data []byte) error {
	*m = append((*m)[:0], data...)
	return nil
}

// BenchmarkRound reads 1,000 task queues by a bare client of gRPC, 32 at a time, and
// by as many triggers, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const queues, atATime = 1000, 32
	address := serve(b, func(context.Context, string, string) (string, error) {
		return `{"stats":{"approximateBacklogCount":7}}`, nil
	})
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(rpc.Codec{})))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Close()) })
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, queues)
	for i := range scalers {
		scalers[i] = open(b, values{"endpoint": address, "taskQueue": fmt.Sprintf("bench-%d", i), "queueTypes": "workflow"}, nil, options)
	}
	bare := func() {
		var wait sync.WaitGroup
		for first := range atATime {
			wait.Go(func() {
				for i := first; i < queues; i += atATime {
					name := fmt.Sprintf("bench-%d", i)
					request := rpc.AppendString(nil, 1, "default")
					request = rpc.AppendBytes(request, 2, rpc.AppendString(nil, 1, name))
					request = rpc.AppendVarint(rpc.AppendVarint(request, 3, 1), 8, 1)
					var answer message
					if err := conn.Invoke(b.Context(), "/temporal.api.workflowservice.v1.WorkflowService/DescribeTaskQueue", rpc.Encoded(request), &answer); err != nil || len(answer) != 4 {
						b.Error(answer, err)
					}
				}
			})
		}
		wait.Wait()
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(b.Context(), scalers...) {
			if r.Err != nil || r.Reading.Value != 7 {
				b.Fatal(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
