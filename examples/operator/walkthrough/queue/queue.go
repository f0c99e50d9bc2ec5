// Package queue puts texts into the queues of three brokers, and takes them
// out. What a connection begins with says which broker it is:
//
//	redis://USER:PASSWORD@HOST:PORT     a list; rediss for TLS
//	amqp://USER:PASSWORD@HOST:PORT      a queue of RabbitMQ, filled through an exchange of the same name; amqps for TLS
//	Endpoint=sb://…                     a queue of Azure Service Bus: the connection string of a policy
//
// Each end has a connection of its own, so that its credential need not be good
// for more. Whatever happens, a message is delivered at least once, but for a
// Redis consumer that is killed: what it was working on stays in the list
// NAME-taken.
package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// A Sender puts messages into one queue.
type Sender interface {
	// Send returns when the broker has the message.
	Send(ctx context.Context, text string) error

	Close() error
}

// A Receiver takes messages out of one queue, one at a time.
type Receiver interface {
	// Receive waits for a message until ctx ends. Others do not get it until
	// it is done or given back.
	Receive(ctx context.Context) (Message, error)

	Close() error
}

// A Message is one that was received.
type Message struct {
	Text string

	Done     func(context.Context) error // it need not come again
	GiveBack func(context.Context) error // somebody else is to have it
}

// OpenSender returns a Sender for the queue with a name.
func OpenSender(connection, name string) (Sender, error) {
	switch kindOf(connection) {
	case redisKind:
		return openRedis(connection, name)
	case rabbitKind:
		return openRabbitSender(connection, name)
	case serviceBusKind:
		return openServiceBusSender(connection, name, nil)
	}
	return nil, errUnknown
}

// OpenReceiver returns a Receiver for the queue with a name.
func OpenReceiver(connection, name string) (Receiver, error) {
	switch kindOf(connection) {
	case redisKind:
		return openRedis(connection, name)
	case rabbitKind:
		return openRabbitReceiver(connection, name)
	case serviceBusKind:
		return openServiceBusReceiver(connection, name, nil)
	}
	return nil, errUnknown
}

type kind int

const (
	unknownKind kind = iota
	redisKind
	rabbitKind
	serviceBusKind
)

// errUnknown does not show the connection, which has a password in it.
var errUnknown = errors.New("the connection is none of redis://…, rediss://…, amqp://…, amqps://… and Endpoint=sb://…")

func kindOf(connection string) kind {
	scheme, _, _ := strings.Cut(connection, "://")
	switch strings.ToLower(scheme) {
	case "redis", "rediss":
		return redisKind
	case "amqp", "amqps":
		return rabbitKind
	case "endpoint=sb":
		return serviceBusKind
	}
	return unknownKind
}

// about says what was being done when an error happened.
func about(err error, doing, name string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q: %w", doing, name, err)
}
