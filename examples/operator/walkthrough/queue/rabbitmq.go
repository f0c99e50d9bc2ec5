package queue

import (
	"context"
	"errors"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const rabbitDialLimit = 10 * time.Second

// dialRabbit returns a channel, with the connection that is its own.
func dialRabbit(connection string) (*amqp.Connection, *amqp.Channel, error) {
	if _, err := amqp.ParseURI(connection); err != nil {
		return nil, nil, errors.New("the connection is no URL such as amqp://user:password@host:5672/vhost; special characters in user and password have to be escaped")
	}
	conn, err := amqp.DialConfig(connection, amqp.Config{Dial: amqp.DefaultDial(rabbitDialLimit)})
	if err != nil {
		return nil, nil, err
	}
	channel, err := conn.Channel()
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, channel, nil
}

// rabbitSender publishes to an exchange: whoever may write to the default one
// may write to all queues.
type rabbitSender struct {
	conn     *amqp.Connection
	channel  *amqp.Channel
	name     string
	returned chan amqp.Return
	closed   chan *amqp.Error
}

func openRabbitSender(connection, name string) (Sender, error) {
	conn, channel, err := dialRabbit(connection)
	if err != nil {
		return nil, about(err, "open exchange", name)
	}
	if err := channel.Confirm(false); err != nil {
		return nil, about(errors.Join(err, conn.Close()), "open exchange", name)
	}
	return &rabbitSender{
		conn:     conn,
		channel:  channel,
		name:     name,
		returned: channel.NotifyReturn(make(chan amqp.Return, 1)),
		closed:   channel.NotifyClose(make(chan *amqp.Error, 1)),
	}, nil
}

func (s *rabbitSender) Send(ctx context.Context, text string) error {
	return about(s.send(ctx, text), "send to exchange", s.name)
}

func (s *rabbitSender) send(ctx context.Context, text string) error {
	confirmation, err := s.channel.PublishWithDeferredConfirmWithContext(ctx, s.name, s.name, true, false,
		amqp.Publishing{Body: []byte(text), DeliveryMode: amqp.Persistent})
	if err != nil {
		return err
	}
	confirmed, err := confirmation.WaitContext(ctx)
	if err != nil {
		return err
	}
	if !confirmed {
		if s.channel.IsClosed() {
			return reason(s.closed)
		}
		return errors.New("the server did not take the message over")
	}
	select {
	case _, is := <-s.returned: // comes before the confirmation
		if is {
			return errors.New("no queue is bound to it")
		}
	default:
	}
	return nil
}

func (s *rabbitSender) Close() error { return s.conn.Close() }

type rabbitReceiver struct {
	conn       *amqp.Connection
	name       string
	deliveries <-chan amqp.Delivery
	closed     chan *amqp.Error
}

func openRabbitReceiver(connection, name string) (Receiver, error) {
	conn, channel, err := dialRabbit(connection)
	if err != nil {
		return nil, about(err, "open queue", name)
	}
	r := &rabbitReceiver{conn: conn, name: name, closed: channel.NotifyClose(make(chan *amqp.Error, 1))}
	if err := channel.Qos(1, 0, false); err != nil { // others are to get theirs
		return nil, about(errors.Join(err, conn.Close()), "open queue", name)
	}
	if r.deliveries, err = channel.Consume(name, "", false, false, false, false, nil); err != nil {
		return nil, about(errors.Join(err, conn.Close()), "receive from queue", name)
	}
	return r, nil
}

func (r *rabbitReceiver) Receive(ctx context.Context) (Message, error) {
	select {
	case <-ctx.Done():
		return Message{}, ctx.Err()
	case d, ok := <-r.deliveries:
		if !ok {
			return Message{}, about(reason(r.closed), "receive from queue", r.name)
		}
		return Message{
			Text:     string(d.Body),
			Done:     func(context.Context) error { return about(d.Ack(false), "acknowledge a message of queue", r.name) },
			GiveBack: func(context.Context) error { return about(d.Nack(false, true), "give back a message of queue", r.name) },
		}, nil
	}
}

func (r *rabbitReceiver) Close() error { return r.conn.Close() }

// reason says why a channel was closed.
func reason(closed <-chan *amqp.Error) error {
	if err := <-closed; err != nil {
		return err
	}
	return amqp.ErrClosed
}
