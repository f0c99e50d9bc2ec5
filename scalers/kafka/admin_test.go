package kafka_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
)

// An admin prepares what is read, on the fake and on a real broker alike. It
// is a client that has nothing in common with the driver's.
type admin struct{ client *kgo.Client }

func newAdmin(tb testing.TB, address string, options ...kgo.Opt) admin {
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(strings.Split(address, ",")...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(10*time.Millisecond), kgo.ProducerLinger(0), kgo.UnknownTopicRetries(-1))...)
	require.NoError(tb, err)
	tb.Cleanup(client.Close)
	return admin{client}
}

// create makes a topic with a number of messages in each of its partitions.
func (a admin) create(tb testing.TB, topic string, messages ...int) {
	tb.Helper()
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = topic, int32(len(messages)), 1
	request := kmsg.NewPtrCreateTopicsRequest()
	request.Topics = append(request.Topics, t)
	answer, err := request.RequestWith(context.Background(), a.client)
	require.NoError(tb, err)
	require.NoError(tb, kerr.ErrorForCode(answer.Topics[0].ErrorCode))
	a.produce(tb, topic, messages...)
}

// produce adds messages to the partitions of a topic.
func (a admin) produce(tb testing.TB, topic string, messages ...int) {
	tb.Helper()
	var records []*kgo.Record
	for partition, n := range messages {
		for range n {
			records = append(records, &kgo.Record{Topic: topic, Partition: int32(partition), Value: []byte("x")})
		}
	}
	require.NoError(tb, a.client.ProduceSync(context.Background(), records...).FirstErr())
}

// commit commits an offset in each partition of a topic, except where it is
// negative.
func (a admin) commit(ctx context.Context, group, topic string, offsets ...int64) error {
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic = topic
	for partition, offset := range offsets {
		if offset < 0 {
			continue
		}
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset = int32(partition), offset
		t.Partitions = append(t.Partitions, p)
	}
	request := kmsg.NewPtrOffsetCommitRequest()
	request.Group, request.Generation = group, -1
	request.Topics = append(request.Topics, t)
	answer, err := request.RequestWith(ctx, a.client)
	if err != nil {
		return err
	}
	for _, p := range answer.Topics[0].Partitions {
		if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
			return fmt.Errorf("commit offset %d of partition %d: %w", offsets[p.Partition], p.Partition, err)
		}
	}
	return nil
}

// truncate deletes the messages of a partition before an offset.
func (a admin) truncate(tb testing.TB, topic string, partition int32, offset int64) {
	tb.Helper()
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Partition, p.Offset = partition, offset
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic, t.Partitions = topic, append(t.Partitions, p)
	request := kmsg.NewPtrDeleteRecordsRequest()
	request.Topics = append(request.Topics, t)
	answer, err := request.RequestWith(context.Background(), a.client)
	require.NoError(tb, err)
	require.NoError(tb, kerr.ErrorForCode(answer.Topics[0].Partitions[0].ErrorCode))
}
