package queue

import (
	"context"
	"errors"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// openServiceBus connects when it is used. The error does not show the
// connection.
func openServiceBus(connection string, options *azservicebus.ClientOptions) (*azservicebus.Client, error) {
	client, err := azservicebus.NewClientFromConnectionString(connection, options)
	if err != nil {
		return nil, errors.New("the connection is no connection string such as Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…")
	}
	return client, nil
}

type serviceBusSender struct {
	client *azservicebus.Client
	sender *azservicebus.Sender
	name   string
}

func openServiceBusSender(connection, name string, options *azservicebus.ClientOptions) (Sender, error) {
	client, err := openServiceBus(connection, options)
	if err != nil {
		return nil, err
	}
	sender, err := client.NewSender(name, nil)
	return &serviceBusSender{client, sender, name}, about(oneLine(err), "open queue", name)
}

func (s *serviceBusSender) Send(ctx context.Context, text string) error {
	err := s.sender.SendMessage(ctx, &azservicebus.Message{Body: []byte(text)}, nil)
	return about(oneLine(err), "send to queue", s.name)
}

func (s *serviceBusSender) Close() error { return s.client.Close(context.Background()) }

type serviceBusReceiver struct {
	client   *azservicebus.Client
	receiver *azservicebus.Receiver
	name     string
}

func openServiceBusReceiver(connection, name string, options *azservicebus.ClientOptions) (Receiver, error) {
	client, err := openServiceBus(connection, options)
	if err != nil {
		return nil, err
	}
	receiver, err := client.NewReceiverForQueue(name, nil)
	return &serviceBusReceiver{client, receiver, name}, about(oneLine(err), "open queue", name)
}

func (r *serviceBusReceiver) Receive(ctx context.Context) (Message, error) {
	messages, err := r.receiver.ReceiveMessages(ctx, 1, nil)
	if err != nil {
		return Message{}, about(oneLine(err), "receive from queue", r.name)
	}
	m := messages[0]
	return Message{
		Text: string(m.Body),
		Done: func(ctx context.Context) error {
			return about(oneLine(r.receiver.CompleteMessage(ctx, m, nil)), "complete a message of queue", r.name)
		},
		GiveBack: func(ctx context.Context) error {
			return about(oneLine(r.receiver.AbandonMessage(ctx, m, nil)), "abandon a message of queue", r.name)
		},
	}, nil
}

func (r *serviceBusReceiver) Close() error { return r.client.Close(context.Background()) }

// oneLine says in a line what the SDK says in many.
func oneLine(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}
