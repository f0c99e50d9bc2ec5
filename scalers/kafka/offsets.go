package kafka

import (
	"errors"
	"fmt"
)

// A topicPartition is one partition of a topic.
type topicPartition struct {
	topic     string
	partition int32
}

func (p topicPartition) String() string {
	return fmt.Sprintf("partition %d of topic %q", p.partition, p.topic)
}

// An offset is what a broker says of a partition.
type offset struct {
	value  int64
	err    error
	wanted bool
	broker int32 // that it is wanted from
}

var errMissing = errors.New("it is missing from the broker's answer")

// want notes that the offset is asked for. Until the broker has told it, it is
// missing from its answer.
func (o *offset) want(broker int32) {
	*o = offset{wanted: true, broker: broker, err: errMissing}
}

// set notes what the broker says.
func (o *offset) set(value int64, err error) { o.value, o.err = value, err }

// isCommitted reports whether there is a committed offset, or may be one.
func (o offset) isCommitted() bool { return o.wanted && (o.value != none || o.err != nil) }

// maxPartitions of a topic are more than brokers bear.
const maxPartitions = 1 << 17

// offsets are those of a topic, by partition: Kafka numbers partitions from 0.
type offsets []offset

// at returns the offset of a partition. It is nil if there is none.
func (o offsets) at(partition int32) *offset {
	if partition < 0 || int(partition) >= len(o) {
		return nil
	}
	return &o[partition]
}
