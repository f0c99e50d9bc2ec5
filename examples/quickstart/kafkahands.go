package main

import (
	"context"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// kafkaHands are a member of the group. The group divides the partitions among
// its members, anew whenever one comes or goes, which begins a generation.
//
// The next generation waits until every member has let go of this one. Each
// does so with empty hands: what it holds is finished and committed first, or
// never. Nobody has a message, then, that another member is given too, which
// is why none is doubled. (A kafka.Reader is simpler to use; it lets go at
// once, so that a message which it has handed out may be somebody else's as
// well.)
type kafkaHands struct {
	broker *kafkaBroker
	group  *kafka.ConsumerGroup

	full       sync.Mutex // locked while there is a message in the hands
	generation *kafka.Generation
	ours       context.Context // ends when it is time to let go of the generation; nil before the first
	positions  []position      // of the partitions that are ours
}

// A position is where to go on in a partition. The first of positions is the
// partition of the message in the hands.
type position struct {
	partition int
	offset    int64
}

func (b *kafkaBroker) Connect() (hands, error) {
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:      b.group,
		Brokers: b.addresses,
		Topics:  []string{b.inbound},
		// How soon a member notices that others came or went: with the 3 seconds
		// that are usual, a burst would be over before all have joined.
		HeartbeatInterval: 100 * time.Millisecond,
		JoinGroupBackoff:  200 * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	return &kafkaHands{broker: b, group: group}, nil
}

// Take looks for a message in each partition, beginning with the one that has
// waited longest.
func (h *kafkaHands) Take() (message string, ok bool, err error) {
	if h.ours == nil || h.ours.Err() != nil {
		h.join()
	}
	h.full.Lock()
	defer func() {
		if !ok {
			h.full.Unlock()
		}
	}()
	if h.ours == nil || h.ours.Err() != nil {
		return "", false, nil
	}
	for range h.positions {
		first := h.positions[0]
		messages, err := h.broker.read(context.Background(), h.broker.inbound, first.partition, first.offset)
		if err != nil {
			return "", false, err
		}
		if len(messages) > 0 {
			return messages[0], true, nil
		}
		h.positions = append(h.positions[1:], first)
	}
	return "", false, nil
}

// join waits a little for the next generation. If there is none yet, or the
// group could not be joined, the group goes on trying.
func (h *kafkaHands) join() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	generation, err := h.group.Next(ctx)
	if err != nil {
		return
	}
	begun := make(chan context.Context)
	generation.Start(func(ctx context.Context) {
		begun <- ctx
		<-ctx.Done()
		h.full.Lock() // the generation is not let go before this returns
		defer h.full.Unlock()
	})
	h.generation, h.ours, h.positions = generation, <-begun, nil
	for _, a := range generation.Assignments[h.broker.inbound] {
		h.positions = append(h.positions, position{a.ID, max(a.Offset, 0)}) // it is negative before the first commit
	}
}

// Finish commits the message when the result is safe. In between, the process
// must not die, or another worker would make the result again.
func (h *kafkaHands) Finish(result string) error {
	defer h.full.Unlock()
	if err := h.broker.produce(context.Background(), h.broker.outbound, 0, result); err != nil {
		return err
	}
	first := h.positions[0]
	first.offset++
	h.positions = append(h.positions[1:], first)
	return h.generation.CommitOffsets(map[string]map[int]int64{h.broker.inbound: {first.partition: first.offset}})
}

// GiveBack has nothing to put back: what is not committed is still there.
func (h *kafkaHands) GiveBack() error {
	h.full.Unlock()
	return nil
}

// Close leaves the group.
func (h *kafkaHands) Close() error { return h.group.Close() }
