package azureeventhubs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/Azure/go-amqp"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// A link asks one node of the service and hears its answers. Requests may be
// under way side by side; answers come in any order.
type link struct {
	session  *amqp.Session
	sender   *amqp.Sender
	receiver *amqp.Receiver
	end      context.CancelCauseFunc // ends the receiving
	ended    chan struct{}           // closed when nothing is received any more
	err      error                   // why; set before ended is closed

	mu      sync.Mutex
	asked   uint64
	waiting map[string]chan<- *amqp.Message // by the ids of requests
}

// credit is how many answers the service may send before it hears from us.
const credit = 1000

// openLink attaches to the node with the given address.
func openLink(ctx context.Context, conn *amqp.Conn, address string) (*link, error) {
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		return nil, err
	}
	l := &link{session: session, ended: make(chan struct{}), waiting: make(map[string]chan<- *amqp.Message)}
	// Without this, the service says less of namespaces in several regions.
	capabilities := []string{"com.microsoft:georeplication"}
	l.sender, err = session.NewSender(ctx, address, &amqp.SenderOptions{DesiredCapabilities: capabilities})
	if err == nil {
		l.receiver, err = session.NewReceiver(ctx, address, &amqp.ReceiverOptions{
			DesiredCapabilities:       capabilities,
			TargetAddress:             l.replyTo(),
			Credit:                    credit,
			SettlementMode:            amqp.ReceiverSettleModeFirst.Ptr(),
			RequestedSenderSettleMode: amqp.SenderSettleModeSettled.Ptr(),
		})
	}
	if err != nil {
		_ = session.Close(ctx) // the first error says more
		return nil, err
	}
	receiving, end := context.WithCancelCause(context.WithoutCancel(ctx)) // it outlives who opens it
	l.end = end
	go l.receive(receiving)
	return l, nil
}

// replyTo is where answers go. The name of a link is one of a kind.
func (l *link) replyTo() string { return "reply-to-" + l.sender.LinkName() }

var errLinkClosed = errors.New("the link was closed")

// close gives the link back. That ends with the connection at the latest.
func (l *link) close(ctx context.Context) {
	l.end(errLinkClosed)
	_ = l.session.Close(ctx)
}

// isEnded reports whether there will be no more answers.
func (l *link) isEnded() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// receive hands answers to those who wait for them, until the link ends.
func (l *link) receive(ctx context.Context) {
	defer close(l.ended)
	defer l.release(ctx)
	for {
		m, err := l.receiver.Receive(ctx, nil)
		if err != nil {
			l.err = err
			if ctx.Err() != nil {
				l.err = context.Cause(ctx)
			}
			return
		}
		if m.Properties == nil {
			continue // it answers nothing that was asked
		}
		if id, ok := m.Properties.CorrelationID.(string); ok {
			l.deliver(id, m)
		}
	}
}

// release lets those go who are about to send. When their context ends and then
// the connection, go-amqp has them wait for ever, unless the sender is closed.
func (l *link) release(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	cancel() // nobody waits for the service to agree
	_ = l.sender.Close(ctx)
}

func (l *link) deliver(id string, m *amqp.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if answer, ok := l.waiting[id]; ok {
		answer <- m // there is room for one
		delete(l.waiting, id)
	}
}

// expect returns an id for a request, and where its answer will be.
func (l *link) expect() (id string, answer <-chan *amqp.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	id = strconv.FormatUint(l.asked, 10)
	c := make(chan *amqp.Message, 1)
	l.waiting[id] = c
	return id, c
}

func (l *link) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, id)
}

// ask sends a request and returns the value of the answer.
func (l *link) ask(ctx context.Context, value any, properties map[string]any) (any, error) {
	id, answer := l.expect()
	defer l.forget(id)
	replyTo := l.replyTo()
	request := &amqp.Message{
		Properties:            &amqp.MessageProperties{MessageID: id, ReplyTo: &replyTo},
		ApplicationProperties: properties,
		Value:                 value,
	}
	if err := l.sender.Send(ctx, request, nil); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		l.end(err) // the service may have ended one half of the link
		return nil, err
	}
	select {
	case m := <-answer:
		return m.Value, refusal(m.ApplicationProperties)
	case <-l.ended:
		return nil, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// refusal returns the error that an answer is, nil if it is none.
func refusal(properties map[string]any) error {
	status, ok := property(properties, "status-code", "statusCode").(int32)
	if !ok {
		return errors.New("the answer has no status")
	}
	if status >= 200 && status < 300 {
		return nil
	}
	description, _ := property(properties, "status-description", "statusDescription").(string)
	description, _, _ = strings.Cut(description, "\n")
	return azure.Refusal(int(status), nil, description)
}

// property returns the property with one of the names.
func property(properties map[string]any, names ...string) any {
	for _, name := range names {
		if v, ok := properties[name]; ok {
			return v
		}
	}
	return nil
}

// explain returns an error of the connection in scalerkit's terms.
func explain(err error) error {
	var said *amqp.Error
	if !errors.As(err, &said) {
		return err
	}
	description, _, _ := strings.Cut(said.Description, "\n")
	text := fmt.Errorf("%s: %s", said.Condition, description)
	switch said.Condition {
	case amqp.ErrCondUnauthorizedAccess:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, text)
	case amqp.ErrCondNotFound:
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, text)
	case "com.microsoft:server-busy":
		return &scalerkit.ThrottledError{Err: text}
	}
	return text
}
