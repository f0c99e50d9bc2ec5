package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
)

// rabbitBroker keeps each queue in a queue. A message that is being worked on
// is unacknowledged.
type rabbitBroker struct {
	name string
	url  string
	conn *amqp.Connection

	inbound, outbound string

	publishing *lane // the publisher's
	taking     *lane // the verifier's
}

func openRabbitMQ(_ context.Context, url string) (_ broker, err error) {
	uri, err := amqp.ParseURI(url)
	if err != nil {
		return nil, err
	}
	prefix := queuePrefix()
	b := &rabbitBroker{
		name:     "RabbitMQ at " + net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port)),
		url:      url,
		inbound:  prefix + "inbound",
		outbound: prefix + "outbound",
	}
	wrap := func(err error) error { return fmt.Errorf("%s: %w", b.name, err) }
	if b.conn, err = amqp.DialConfig(url, amqp.Config{Dial: amqp.DefaultDial(5 * time.Second)}); err != nil {
		return nil, wrap(err)
	}
	if err := b.setUp(); err != nil {
		return nil, wrap(errors.Join(err, b.conn.Close()))
	}
	return b, nil
}

// setUp opens the channels and makes the queues. Those of a process that was
// killed expire by themselves.
func (b *rabbitBroker) setUp() (err error) {
	if b.publishing, err = b.openLane(); err != nil {
		return err
	}
	if b.taking, err = b.openLane(); err != nil {
		return err
	}
	expires := amqp.Table{"x-expires": int64(time.Hour / time.Millisecond)}
	for _, queue := range []string{b.inbound, b.outbound} {
		if _, err := b.publishing.channel.QueueDeclare(queue, true, false, false, false, expires); err != nil {
			return err
		}
	}
	return nil
}

func (b *rabbitBroker) String() string { return b.name }

func (b *rabbitBroker) Scaler(target int) (scalerkit.Scaler, error) {
	return rabbitmq.New(rabbitmq.Config{
		Connection: rabbitmq.Connection{Host: scalerkit.NewSecret(b.url)},
		QueueName:  b.inbound,
		Mode:       "QueueLength",
		Value:      float64(target),
	}, scalerkit.Options{})
}

func (b *rabbitBroker) Publish(ctx context.Context, messages []string) error {
	return b.publishing.publish(ctx, b.inbound, messages...)
}

func (b *rabbitBroker) TakeResults(context.Context) ([]string, error) {
	return b.taking.takeAll(b.outbound)
}

func (b *rabbitBroker) TakeRest(context.Context) ([]string, error) {
	return b.taking.takeAll(b.inbound)
}

func (b *rabbitBroker) Close() error {
	var errs []error
	for _, queue := range []string{b.inbound, b.outbound} {
		_, err := b.taking.channel.QueueDelete(queue, false, false, false)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, b.conn.Close())...)
}

func (b *rabbitBroker) Connect() (hands, error) {
	l, err := b.openLane()
	if err != nil {
		return nil, err
	}
	return &rabbitHands{lane: l, broker: b}, nil
}

// A lane is a channel on which the server confirms what is published. Each is
// used by one goroutine.
type lane struct{ channel *amqp.Channel }

func (b *rabbitBroker) openLane() (*lane, error) {
	channel, err := b.conn.Channel()
	if err != nil {
		return nil, err
	}
	return &lane{channel: channel}, channel.Confirm(false)
}

// publish returns when the server has confirmed every message.
func (l *lane) publish(ctx context.Context, queue string, messages ...string) error {
	confirmations := make([]*amqp.DeferredConfirmation, len(messages))
	for i, m := range messages {
		var err error
		confirmations[i], err = l.channel.PublishWithDeferredConfirmWithContext(ctx, "", queue, true, false,
			amqp.Publishing{Body: []byte(m), DeliveryMode: amqp.Persistent})
		if err != nil {
			return err
		}
	}
	for _, c := range confirmations {
		confirmed, err := c.WaitContext(ctx)
		if err != nil {
			return err
		}
		if !confirmed {
			return errors.New("the server did not take a message over")
		}
	}
	return nil
}

func (l *lane) takeAll(queue string) ([]string, error) {
	var messages []string
	for {
		delivery, ok, err := l.channel.Get(queue, true)
		if err != nil || !ok {
			return messages, err
		}
		messages = append(messages, string(delivery.Body))
	}
}

type rabbitHands struct {
	*lane
	broker  *rabbitBroker
	message amqp.Delivery
}

func (h *rabbitHands) Take() (message string, ok bool, err error) {
	h.message, ok, err = h.channel.Get(h.broker.inbound, false)
	return string(h.message.Body), ok, err
}

// Finish acknowledges the message when the result is safe. In between, the
// process must not die, or another worker would make the result again.
func (h *rabbitHands) Finish(result string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.publish(ctx, h.broker.outbound, result); err != nil {
		return err
	}
	return h.message.Ack(false)
}

func (h *rabbitHands) GiveBack() error { return h.message.Nack(false, true) }

func (h *rabbitHands) Close() error { return h.channel.Close() }
