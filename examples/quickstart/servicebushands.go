package main

import (
	"context"
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

func (b *serviceBroker) Connect() (hands, error) {
	ctx, cancel := context.WithTimeout(context.Background(), serviceBusLimit)
	defer cancel()
	receiver, err := b.newReceiver(ctx, b.inbound)
	if err != nil {
		return nil, err
	}
	sender, err := b.client.NewSender(b.outbound, nil)
	if err != nil {
		return nil, oneLine(err)
	}
	return &serviceHands{receiver: receiver, sender: sender}, nil
}

type serviceHands struct {
	receiver *azservicebus.Receiver
	sender   *azservicebus.Sender
	message  *azservicebus.ReceivedMessage
}

func (h *serviceHands) Take() (message string, ok bool, err error) {
	messages, err := receive(context.Background(), h.receiver, 1)
	if err != nil || len(messages) == 0 {
		return "", false, err
	}
	h.message = messages[0]
	return string(h.message.Body), true, nil
}

// Finish completes the message when the result is safe. In between, the process
// must not die, or another worker would make the result again.
func (h *serviceHands) Finish(result string) error {
	ctx, cancel := context.WithTimeout(context.Background(), serviceBusLimit)
	defer cancel()
	if err := h.sender.SendMessage(ctx, &azservicebus.Message{Body: []byte(result)}, nil); err != nil {
		return oneLine(err)
	}
	return oneLine(h.receiver.CompleteMessage(ctx, h.message, nil))
}

func (h *serviceHands) GiveBack() error {
	ctx, cancel := context.WithTimeout(context.Background(), serviceBusLimit)
	defer cancel()
	return oneLine(h.receiver.AbandonMessage(ctx, h.message, nil))
}

func (h *serviceHands) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), serviceBusLimit)
	defer cancel()
	return errors.Join(h.receiver.Close(ctx), h.sender.Close(ctx))
}
