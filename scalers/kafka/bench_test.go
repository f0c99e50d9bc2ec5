package kafka_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads 1,000 consumer groups of 50 topics of the real broker
// in turn by a bare client, with the fewest requests that the protocol has for
// it, and by as many triggers, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const groups, topics, partitions = 1000, 50, 12
	a, address := server(b, "SCALERKIT_TEST_KAFKA")
	ctx := context.Background()
	run := fmt.Sprintf("bench-%d-", time.Now().UnixNano())
	topicOf := func(i int) string { return fmt.Sprintf("%st%d", run, i%topics) }
	filled := make([]int, partitions)
	offsets := make([]int64, partitions)
	for i := range filled {
		filled[i] = 1
	}
	for i := range topics {
		a.create(b, topicOf(i), filled...)
	}

	var conns atomic.Int64
	options := scalerkit.Options{Pool: new(scalerkit.Pool), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conns.Add(1)
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	scalers := make([]scalerkit.Scaler, groups)
	for i := range scalers {
		group := fmt.Sprintf("%sg%d", run, i)
		require.NoError(b, a.commit(ctx, group, topicOf(i), offsets...))
		config := kafka.Config{}
		config.BootstrapServers, config.ConsumerGroup, config.Topics = []string{address}, group, []string{topicOf(i)}
		scalers[i] = opened(b)(kafka.New(config, options))
	}

	broker := a.client.Broker(1)
	bare := func() {
		for _, timestamp := range []int64{-1, -2} {
			request := kmsg.NewPtrListOffsetsRequest()
			request.ReplicaID = -1
			for i := range topics {
				t := kmsg.NewListOffsetsRequestTopic()
				t.Topic = topicOf(i)
				for p := range partitions {
					rp := kmsg.NewListOffsetsRequestTopicPartition()
					rp.Partition, rp.Timestamp = int32(p), timestamp
					t.Partitions = append(t.Partitions, rp)
				}
				request.Topics = append(request.Topics, t)
			}
			answer, err := broker.Request(ctx, request)
			if err != nil || len(answer.(*kmsg.ListOffsetsResponse).Topics) != topics {
				b.Fatal(err)
			}
		}
		request := kmsg.NewPtrOffsetFetchRequest()
		for i := range groups {
			g := kmsg.NewOffsetFetchRequestGroup()
			g.Group = fmt.Sprintf("%sg%d", run, i)
			t := kmsg.NewOffsetFetchRequestGroupTopic()
			t.Topic = topicOf(i)
			for p := range partitions {
				t.Partitions = append(t.Partitions, int32(p))
			}
			g.Topics = append(g.Topics, t)
			request.Groups = append(request.Groups, g)
		}
		answer, err := broker.Request(ctx, request)
		if err != nil || len(answer.(*kmsg.OffsetFetchResponse).Groups) != groups {
			b.Fatal(err)
		}
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != partitions {
				b.Fatal(r)
			}
		}
	}
	for range 5 { // the broker's compiler warms up
		bare()
		ours()
	}
	scalertest.Compare(b, bare, ours)
	b.ReportMetric(float64(conns.Load()), "conns")
}
