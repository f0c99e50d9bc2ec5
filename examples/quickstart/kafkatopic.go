package main

import (
	"context"
	"errors"
	"io"

	"github.com/segmentio/kafka-go"
)

// produce returns when all replicas have the messages.
func (b *kafkaBroker) produce(ctx context.Context, topic string, partition int, messages ...string) error {
	records := make([]kafka.Record, len(messages))
	for i, m := range messages {
		records[i].Value = kafka.NewBytes([]byte(m))
	}
	response, err := b.client.Produce(ctx, &kafka.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err != nil {
		return err
	}
	return response.Error
}

// readAll reads from an offset to the end.
func (b *kafkaBroker) readAll(ctx context.Context, topic string, partition int, from int64) ([]string, error) {
	var all []string
	for {
		messages, err := b.read(ctx, topic, partition, from+int64(len(all)))
		if err != nil || len(messages) == 0 {
			return all, err
		}
		all = append(all, messages...)
	}
}

// read returns messages from an offset on, as many as the broker likes to send,
// and none at the end. They have one offset after the other: the topics are
// ours, without transactions and compaction.
func (b *kafkaBroker) read(ctx context.Context, topic string, partition int, from int64) ([]string, error) {
	response, err := b.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: topic, Partition: partition, Offset: from, MaxBytes: 1 << 20, // and no MinBytes: it does not wait
	})
	if err == nil {
		err = response.Error
	}
	if err != nil {
		return nil, err
	}
	var messages []string
	for {
		record, err := response.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return messages, nil
		}
		if err != nil {
			return nil, err
		}
		value, err := kafka.ReadAll(record.Value)
		if err != nil {
			return nil, err
		}
		if record.Offset >= from { // it may come with those of its batch before it
			messages = append(messages, string(value))
		}
	}
}
