package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
)

// serviceBusLimit is for what is asked of the service once.
const serviceBusLimit = 15 * time.Second

// serviceBroker keeps each queue in a queue of Azure Service Bus. A message
// that is being worked on is locked.
//
// It has not been run against the service, which cannot be had without an
// account: the tests have a fake of it.
type serviceBroker struct {
	name       string
	connection scalerkit.Secret
	admin      *admin.Client
	client     *azservicebus.Client

	inbound, outbound string

	publishing *azservicebus.Sender   // the publisher's
	verifying  *azservicebus.Receiver // the verifier's
}

func openServiceBus(ctx context.Context, connection scalerkit.Secret) (broker, error) {
	host, err := serviceBusHost(connection)
	if err != nil {
		return nil, err
	}
	prefix := queuePrefix()
	b := &serviceBroker{
		name:       "Service Bus at " + host,
		connection: connection,
		inbound:    prefix + "inbound",
		outbound:   prefix + "outbound",
	}
	wrap := func(err error) error { return fmt.Errorf("%s: %w", b.name, oneLine(err)) }
	if b.admin, err = admin.NewClientFromConnectionString(connection.Reveal(), &admin.ClientOptions{
		ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}},
	}); err != nil {
		return nil, wrap(err)
	}
	if b.client, err = azservicebus.NewClientFromConnectionString(connection.Reveal(), &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{MaxRetries: -1}, // whoever repeats what was carried out doubles a message
	}); err != nil {
		return nil, wrap(err)
	}
	ctx, cancel := context.WithTimeout(ctx, serviceBusLimit)
	defer cancel()
	if err := b.setUp(ctx); err != nil {
		_ = b.tearDown(context.WithoutCancel(ctx)) // of the two errors, the first is the one that tells
		return nil, wrap(err)
	}
	return b, nil
}

// setUp makes the queues, which is the management API's, and looks into one,
// which takes AMQP. Those of a process that was killed expire by themselves.
func (b *serviceBroker) setUp(ctx context.Context) (err error) {
	hour, often := "PT1H", int32(1000) // a message that many stopped workers had is a good one
	properties := &admin.QueueProperties{AutoDeleteOnIdle: &hour, MaxDeliveryCount: &often}
	for _, queue := range []string{b.inbound, b.outbound} {
		if _, err := b.admin.CreateQueue(ctx, queue, &admin.CreateQueueOptions{Properties: properties}); err != nil {
			return err
		}
	}
	if b.publishing, err = b.client.NewSender(b.inbound, nil); err != nil {
		return err
	}
	b.verifying, err = b.newReceiver(ctx, b.outbound)
	return err
}

// newReceiver returns a receiver that is attached, because it has looked into the
// queue. To receive from one that is not may give up in the middle of attaching:
// the client then ends a session twice, for which it loses its connection.
func (b *serviceBroker) newReceiver(ctx context.Context, queue string) (*azservicebus.Receiver, error) {
	receiver, err := b.client.NewReceiverForQueue(queue, nil)
	if err == nil {
		_, err = receiver.PeekMessages(ctx, 1, nil)
	}
	return receiver, oneLine(err)
}

func (b *serviceBroker) String() string { return b.name }

func (b *serviceBroker) Scaler(target int) (scalerkit.Scaler, error) {
	return azureservicebus.New(azureservicebus.Config{
		QueueName:    b.inbound,
		MessageCount: int64(target),
		Connection:   b.connection,
	}, scalerkit.Options{})
}

func (b *serviceBroker) Publish(ctx context.Context, messages []string) error {
	batch, err := b.publishing.NewMessageBatch(ctx, nil)
	if err != nil {
		return oneLine(err)
	}
	for _, m := range messages {
		err := batch.AddMessage(&azservicebus.Message{Body: []byte(m)}, nil)
		if errors.Is(err, azservicebus.ErrMessageTooLarge) { // the batch is full
			if err = b.publishing.SendMessageBatch(ctx, batch, nil); err == nil {
				batch, err = b.publishing.NewMessageBatch(ctx, nil)
			}
			if err == nil {
				err = batch.AddMessage(&azservicebus.Message{Body: []byte(m)}, nil)
			}
		}
		if err != nil {
			return oneLine(err)
		}
	}
	return oneLine(b.publishing.SendMessageBatch(ctx, batch, nil))
}

// TakeResults does not go on until the queue is empty, which it is not as long
// as there are workers.
func (b *serviceBroker) TakeResults(ctx context.Context) ([]string, error) {
	return takeSome(ctx, b.verifying)
}

func (b *serviceBroker) TakeRest(ctx context.Context) ([]string, error) {
	receiver, err := b.newReceiver(ctx, b.inbound)
	if err != nil {
		return nil, err
	}
	return takeAll(ctx, receiver)
}

// takeAll takes messages until none comes any more.
func takeAll(ctx context.Context, receiver *azservicebus.Receiver) ([]string, error) {
	var all []string
	for {
		some, err := takeSome(ctx, receiver)
		all = append(all, some...)
		if err != nil || len(some) == 0 {
			return all, err
		}
	}
}

func takeSome(ctx context.Context, receiver *azservicebus.Receiver) ([]string, error) {
	messages, err := receive(ctx, receiver, 100)
	if err != nil {
		return nil, err
	}
	var bodies []string
	for _, m := range messages {
		if err := receiver.CompleteMessage(ctx, m, nil); err != nil {
			return bodies, oneLine(err)
		}
		bodies = append(bodies, string(m.Body))
	}
	return bodies, nil
}

// receive waits a second at most for messages, and locks them.
func receive(ctx context.Context, receiver *azservicebus.Receiver, most int) ([]*azservicebus.ReceivedMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	messages, err := receiver.ReceiveMessages(ctx, most, nil)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, nil
	}
	return messages, oneLine(err)
}

func (b *serviceBroker) Close() error { return b.tearDown(context.Background()) }

// tearDown undoes what setUp did.
func (b *serviceBroker) tearDown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, serviceBusLimit)
	defer cancel()
	errs := []error{oneLine(b.client.Close(ctx))}
	for _, queue := range []string{b.inbound, b.outbound} {
		_, err := b.admin.DeleteQueue(ctx, queue, nil)
		errs = append(errs, oneLine(err))
	}
	return errors.Join(errs...)
}

// serviceBusHost returns the host in the connection string of a namespace. Its
// errors do not show the string.
func serviceBusHost(connection scalerkit.Secret) (string, error) {
	var host string
	for field := range strings.SplitSeq(connection.Reveal(), ";") {
		key, value, _ := strings.Cut(field, "=")
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "endpoint":
			if u, err := url.Parse(value); err == nil {
				host = u.Host
			}
		case "entitypath":
			return "", errors.New("-servicebus: want the connection string of the namespace; this one has an EntityPath, for one queue or topic")
		}
	}
	_, err := azservicebus.NewClientFromConnectionString(connection.Reveal(), nil)
	if err != nil || host == "" {
		return "", errors.New("-servicebus: want Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…")
	}
	return host, nil
}

// oneLine says in a line what the SDK says in many.
func oneLine(err error) error {
	var answer *azcore.ResponseError
	var request *url.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		code := answer.ErrorCode
		if code == "" || code == strconv.Itoa(answer.StatusCode) {
			code = http.StatusText(answer.StatusCode)
		}
		return fmt.Errorf("%s (HTTP %d)", code, answer.StatusCode)
	case errors.As(err, &request): // whose URL says nothing that the user knows
		err = request.Err
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}
