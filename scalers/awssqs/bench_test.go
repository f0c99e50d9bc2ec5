package awssqs_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads the lengths of 1,000 queues of the fake by the bare SDK,
// over as many connections, and by as many triggers, and reports the ratio of the
// two. SQS has no request for several queues.
func BenchmarkRound(b *testing.B) {
	const queues, length, connections = 1000, 7, 32
	ctx := context.Background()
	f := newFake(b)
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, queues)
	name := func(i int) string { return fmt.Sprintf("bench-%d", i) }
	for i := range scalers {
		f.set(name(i), length, 0, 0)
		scalers[i] = opened(b, f.URL, pool, values{"queueURL": name(i)})
	}
	c := client(b, f.URL, connections)

	bare := func() {
		each.Do(queues, connections, func(i int) {
			queue := name(i)
			out, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &queue, AttributeNames: []types.QueueAttributeName{visible, inFlight, delayed}})
			if err != nil || out.Attributes[visible] != fmt.Sprint(length) {
				b.Error(err)
			}
		})
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != length {
				b.Error(r)
			}
		}
	}
	f.requests()
	ours()
	requests := len(f.requests())
	require.Equal(b, queues, requests)

	scalertest.Compare(b, bare, ours)
	b.ReportMetric(float64(requests), "requests/round")
}
