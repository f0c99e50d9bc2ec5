package main

import (
	"context"

	"github.com/scalerkit/scalerkit"
)

// A broker has the two queues of the show: inbound, which the publisher fills
// and the workers empty, and outbound, where the workers put what they made of
// it. Any error but those of open means that it is not known what became of a
// message, and ends the show.
type broker interface {
	// String says which broker it is, without credentials.
	String() string

	// Scaler measures the inbound queue: it is the library's part.
	Scaler(target int) (scalerkit.Scaler, error)

	// Publish puts messages into the inbound queue: all, or there is an error.
	Publish(ctx context.Context, messages []string) error

	// Connect returns what one worker works with.
	Connect() (hands, error)

	// TakeResults takes results out of the outbound queue: all, or some of
	// them, and none only if there are none.
	TakeResults(ctx context.Context) ([]string, error)

	// TakeRest empties the inbound queue.
	TakeRest(ctx context.Context) ([]string, error)

	// Close deletes the queues.
	Close() error
}

// The hands of a worker hold one message at a time. Its methods are not to be
// interrupted, which is why they have no context: they have time limits.
type hands interface {
	// Take takes a message out of the inbound queue, so that no other worker
	// gets it. Without a message, ok is false.
	Take() (message string, ok bool, err error)

	// Finish puts the result into the outbound queue, and lets go of the
	// message for good.
	Finish(result string) error

	// GiveBack puts the message back, for another worker.
	GiveBack() error

	Close() error
}

// open connects to the broker that cfg asks for and finds out whether it lets
// us in.
func open(ctx context.Context, cfg config) (broker, error) {
	switch {
	case cfg.rabbitmq != "":
		return openRabbitMQ(ctx, cfg.rabbitmq)
	case cfg.kafka != nil:
		return openKafka(ctx, cfg.kafka)
	case cfg.serviceBus.IsSet():
		return openServiceBus(ctx, cfg.serviceBus)
	case cfg.redis != nil:
		return openRedis(ctx, cfg.redis)
	default:
		return openEmbedded(ctx)
	}
}
