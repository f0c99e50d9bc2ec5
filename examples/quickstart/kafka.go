package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/scalerkit/scalerkit"
	kafkascaler "github.com/scalerkit/scalerkit/scalers/kafka"
)

// partitions is how many the inbound topic has, and so how many workers find
// something to do.
const partitions = 12

// kafkaBroker keeps each queue in a topic. The workers are a consumer group: a
// message is out of the inbound queue when it is committed.
type kafkaBroker struct {
	name      string
	addresses []string
	transport *kafka.Transport
	client    *kafka.Client // which repeats nothing, so that it doubles nothing

	inbound, outbound, group string

	published int   // messages, to spread them over the partitions; the publisher's
	verified  int64 // where the outbound topic has been read to; the verifier's
}

func openKafka(ctx context.Context, addresses []string) (broker, error) {
	prefix := queuePrefix()
	transport := &kafka.Transport{}
	b := &kafkaBroker{
		name:      "Kafka at " + strings.Join(addresses, ","),
		addresses: addresses,
		transport: transport,
		client:    &kafka.Client{Addr: kafka.TCP(addresses...), Timeout: 10 * time.Second, Transport: transport},
		inbound:   prefix + "inbound",
		outbound:  prefix + "outbound",
		group:     prefix + "workers",
	}
	if err := reachAny(ctx, addresses); err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	if err := b.setUp(ctx); err != nil {
		_ = b.deleteTopics(context.WithoutCancel(ctx)) // of the errors, the first is the one that tells
		transport.CloseIdleConnections()
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	return b, nil
}

// setUp makes the topics. Should the process be killed, they stay, and what is
// in them goes after an hour.
func (b *kafkaBroker) setUp(ctx context.Context) error {
	topic := func(name string, partitions int) kafka.TopicConfig {
		return kafka.TopicConfig{
			Topic: name, NumPartitions: partitions, ReplicationFactor: -1, // as the brokers have it
			ConfigEntries: []kafka.ConfigEntry{{ConfigName: "retention.ms", ConfigValue: "3600000"}},
		}
	}
	response, err := b.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{topic(b.inbound, partitions), topic(b.outbound, 1)},
	})
	if err != nil {
		return err
	}
	if err := cmp.Or(response.Errors[b.inbound], response.Errors[b.outbound]); err != nil {
		return err
	}
	// It takes a moment until a new topic has leaders, and in a new Kafka until
	// there is a coordinator for groups.
	for deadline := time.Now().Add(20 * time.Second); ; {
		_, err := b.TakeRest(ctx)
		if err == nil {
			_, err = b.TakeResults(ctx)
		}
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || !sleep(ctx, 100*time.Millisecond) {
			return err
		}
	}
}

// reachAny finds out whether there is a Kafka at one of the addresses at least.
// Of why there is not, the client would tell nothing.
func reachAny(ctx context.Context, addresses []string) (err error) {
	for _, a := range addresses {
		if err = reach(ctx, a); err == nil {
			return nil
		}
	}
	return err
}

func reach(ctx context.Context, address string) error {
	conn, err := (&kafka.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", address)
	if op := new(net.OpError); errors.As(err, &op) {
		return op // and not that it was for this address
	}
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if _, err := conn.Brokers(); err != nil {
		return fmt.Errorf("no answer as from a Kafka without TLS and a password: %w", err)
	}
	return nil
}

func (b *kafkaBroker) String() string { return b.name }

func (b *kafkaBroker) Scaler(target int) (scalerkit.Scaler, error) {
	return kafkascaler.New(kafkascaler.Config{
		Cluster: kafkascaler.Cluster{BootstrapServers: b.addresses},
		Lag: kafkascaler.Lag{
			ConsumerGroup:      b.group,
			Topics:             []string{b.inbound},
			LagThreshold:       int64(target),
			OffsetResetPolicy:  "earliest", // as the workers do
			AllowIdleConsumers: true,       // -max sees to that, so that the whole lag is shown
		},
	}, scalerkit.Options{})
}

// Publish gives each partition its share.
func (b *kafkaBroker) Publish(ctx context.Context, messages []string) error {
	var shares [partitions][]string
	for _, m := range messages {
		p := b.published % partitions
		shares[p] = append(shares[p], m)
		b.published++
	}
	for p, share := range shares {
		if len(share) == 0 {
			continue
		}
		if err := b.produce(ctx, b.inbound, p, share...); err != nil {
			return err
		}
	}
	return nil
}

func (b *kafkaBroker) TakeResults(ctx context.Context) ([]string, error) {
	results, err := b.readAll(ctx, b.outbound, 0, b.verified)
	b.verified += int64(len(results))
	return results, err
}

// TakeRest returns what the group has not committed, and leaves it where it is,
// since the topic is deleted next.
func (b *kafkaBroker) TakeRest(ctx context.Context) ([]string, error) {
	all := make([]int, partitions)
	for p := range all {
		all[p] = p
	}
	response, err := b.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{
		GroupID: b.group, Topics: map[string][]int{b.inbound: all},
	})
	if err == nil {
		err = response.Error
	}
	if err != nil {
		return nil, err
	}
	var rest []string
	for _, p := range response.Topics[b.inbound] {
		if p.Error != nil {
			return nil, p.Error
		}
		messages, err := b.readAll(ctx, b.inbound, p.Partition, max(p.CommittedOffset, 0)) // it is -1 before the first
		if err != nil {
			return nil, err
		}
		rest = append(rest, messages...)
	}
	return rest, nil
}

// Close deletes the group, which is there once it has had members, and the
// topics.
func (b *kafkaBroker) Close() error {
	ctx := context.Background()
	defer b.transport.CloseIdleConnections()
	response, err := b.client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{b.group}})
	if err == nil {
		err = response.Errors[b.group]
	}
	if errors.Is(err, kafka.GroupIdNotFound) {
		err = nil
	}
	return errors.Join(err, b.deleteTopics(ctx))
}

func (b *kafkaBroker) deleteTopics(ctx context.Context) error {
	var errs []error
	for _, topic := range []string{b.inbound, b.outbound} {
		response, err := b.client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
		if err == nil {
			err = response.Errors[topic]
		}
		if !errors.Is(err, kafka.UnknownTopicOrPartition) { // it may not have been made
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
