package sources

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestKafka(t *testing.T) {
	admin := server(t, "SCALERKIT_TEST_KAFKA")
	client, err := kgo.NewClient(kgo.SeedBrokers(admin), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	t.Run("kafka", func(t *testing.T) { topic(t, client, "kafka", admin, "none").scales(t) })
	t.Run("apache-kafka", func(t *testing.T) {
		topic(t, client, "apache-kafka", server(t, "SCALERKIT_TEST_KAFKA_SASL"), "scram_sha512").scales(t)
	})
}

// partitions is how many a topic has, and so the most replicas that it is
// worth.
const partitions = 20

// topic returns a topic whose messages come together, and a consumer group that
// catches up at once.
func topic(t *testing.T, client *kgo.Client, trigger, server, sasl string) source {
	name := trigger + "-orders"
	makeTopic(t, client, name, partitions)
	return source{
		trigger: fmt.Sprintf(`type: %s, metadata: {
			bootstrapServers: %q, consumerGroup: workers, topic: %s, lagThreshold: "5"}`, trigger, server, name),
		parameters: map[string]string{"sasl": sasl, "username": user, "password": password},
		replicas:   20,
		arrive: func(ctx context.Context) error {
			return produce(ctx, client, name, partitions, messages)
		},
		leave: func(ctx context.Context) error { return commit(ctx, client, name, partitions, messages/partitions) },
	}
}

// makeTopic makes a topic of which the group "workers" has read all.
func makeTopic(t *testing.T, client *kgo.Client, name string, partitions int32) {
	t.Helper()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, 1
	request := kmsg.NewPtrCreateTopicsRequest()
	request.Topics = append(request.Topics, topic)
	answer, err := request.RequestWith(t.Context(), client)
	require.NoError(t, err)
	require.NoError(t, kerr.ErrorForCode(answer.Topics[0].ErrorCode))
	r.Await(t, func(ctx context.Context) error { return commit(ctx, client, name, partitions, 0) }) // the broker's first group takes it a while
}

// produce spreads messages over the partitions of a topic.
func produce(ctx context.Context, client *kgo.Client, name string, partitions, messages int) error {
	records := make([]*kgo.Record, messages)
	for i := range records {
		records[i] = &kgo.Record{Topic: name, Partition: int32(i % partitions), Value: []byte("hello")}
	}
	return client.ProduceSync(ctx, records...).FirstErr()
}

// commit commits the same offset in all partitions of a topic, for the group
// "workers", which has no members.
func commit(ctx context.Context, client *kgo.Client, name string, partitions int32, offset int64) error {
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic = name
	for i := range partitions {
		partition := kmsg.NewOffsetCommitRequestTopicPartition()
		partition.Partition, partition.Offset = i, offset
		topic.Partitions = append(topic.Partitions, partition)
	}
	request := kmsg.NewPtrOffsetCommitRequest()
	request.Group, request.Generation = "workers", -1
	request.Topics = append(request.Topics, topic)
	answer, err := request.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	for _, p := range answer.Topics[0].Partitions {
		if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
			return fmt.Errorf("committing an offset of partition %d: %w", p.Partition, err)
		}
	}
	return nil
}
