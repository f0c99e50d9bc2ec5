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

const kafkaObject = `
apiVersion: v1
kind: Secret
metadata: {name: kafka}
stringData: {sasl: %[3]s, username: scalerkit, password: ` + password + `}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: kafka}
spec:
  secretTargetRef:
  - {parameter: sasl, name: kafka, key: sasl}
  - {parameter: username, name: kafka, key: username}
  - {parameter: password, name: kafka, key: password}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: worker
spec:
  scaleTargetRef:
    name: worker
  pollingInterval: 5
  cooldownPeriod: 5
  maxReplicaCount: 30
  triggers:
  - type: %[1]s
    metadata:
      bootstrapServers: %[2]q
      consumerGroup: workers
      topic: %[1]s-orders
      lagThreshold: "5"
    authenticationRef:
      name: kafka
`

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
	require.NoError(t, makeTopic(t.Context(), client, name))
	r.Await(t, func(ctx context.Context) error { return commit(ctx, client, name, 0) }) // the broker's first group takes it a while
	return source{
		manifest: fmt.Sprintf(kafkaObject, trigger, server, sasl),
		replicas: 20,
		arrive: func(ctx context.Context) error {
			var records []*kgo.Record
			for i := range messages {
				records = append(records, &kgo.Record{Topic: name, Partition: int32(i % partitions), Value: []byte("hello")})
			}
			return client.ProduceSync(ctx, records...).FirstErr()
		},
		leave: func(ctx context.Context) error { return commit(ctx, client, name, messages/partitions) },
	}
}

func makeTopic(ctx context.Context, client *kgo.Client, name string) error {
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, 1
	request := kmsg.NewPtrCreateTopicsRequest()
	request.Topics = append(request.Topics, topic)
	answer, err := request.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(answer.Topics[0].ErrorCode)
}

// commit commits the same offset in all partitions of a topic, for the group
// "workers", which has no members.
func commit(ctx context.Context, client *kgo.Client, name string, offset int64) error {
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic = name
	for i := range int32(partitions) {
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
