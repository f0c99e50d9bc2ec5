package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

const (
	channels     = 4 // so many questions are under way at a time, on one connection
	heartbeat    = 10 * time.Second
	dialTimeout  = 5 * time.Second // for the network, and again for the AMQP handshake
	callTimeout  = 5 * time.Second
	closeTimeout = 500 * time.Millisecond
)

// A broker is an open AMQP connection. The client library knows no contexts;
// what it waits for ends because the wire below it is cut, at the latest after
// callTimeout, or with the program's own connection, if it is that.
type broker struct {
	wire     *wire // nil if the connection is the program's
	conn     *amqp.Connection
	channels chan *amqp.Channel // those not in use; nil for one that is yet to be opened
}

// dialBroker connects to e.
func dialBroker(ctx context.Context, e endpoint, dial driver.DialFunc) (*broker, error) {
	conn, err := dial(ctx, "tcp", e.Address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn}
	defer context.AfterFunc(ctx, func() { w.cut(errors.New("nobody needs it any more")) })()
	defer time.AfterFunc(dialTimeout, func() { w.cut(errSilent) }).Stop()
	properties := amqp.Table{"connection_name": "scalerkit", "product": "scalerkit"}
	connection, err := amqp.Open(w, amqp.Config{
		SASL:       []amqp.Authentication{loginTo(e, properties)},
		Vhost:      e.Vhost,
		Heartbeat:  heartbeat,
		Properties: properties,
		Locale:     "en_US",
	})
	if err != nil {
		w.cut(err)
		return nil, classify(err, w)
	}
	return newBroker(w, connection), nil
}

func newBroker(w *wire, conn *amqp.Connection) *broker {
	b := &broker{wire: w, conn: conn, channels: make(chan *amqp.Channel, channels)}
	for range channels {
		b.channels <- nil
	}
	return b
}

// IsClosed reports whether the connection is lost.
func (b *broker) IsClosed() bool { return b.conn.IsClosed() }

// Close takes leave of the server, if it answers soon. Of the program's connection
// it only gives back what nobody uses.
func (b *broker) Close() error {
	if b.wire == nil {
		b.closeChannels()
		return nil
	}
	defer b.cutAfter(closeTimeout)()
	_ = b.conn.Close() // there is nothing to lose with it
	return nil
}

func (b *broker) closeChannels() {
	for {
		select {
		case channel := <-b.channels:
			if channel != nil {
				_ = channel.Close() // it is of no further use
			}
		default:
			return
		}
	}
}

// ask implements server.
func (b *broker) ask(ctx context.Context, questions []question) []answer {
	return driver.Each(ctx, channels, questions, func(ctx context.Context, q question) ([]queue, error) {
		count, err := b.count(ctx, q.name)
		return []queue{{Messages: &count}}, err
	})
}

// count returns the number of messages that are ready.
func (b *broker) count(ctx context.Context, name string) (float64, error) {
	var channel *amqp.Channel
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case channel = <-b.channels:
	}
	defer func() { b.channels <- channel }()
	defer b.cutAfter(callTimeout)()
	if channel == nil || channel.IsClosed() { // a missing queue closes the channel
		var err error
		if channel, err = b.conn.Channel(); err != nil {
			return 0, classify(err, b.wire)
		}
	}
	q, err := channel.QueueDeclarePassive(name, false, false, false, false, nil)
	if err != nil {
		return 0, classify(err, b.wire)
	}
	return float64(q.Messages), nil
}

// cutAfter cuts the wire after some time, unless it is stopped or the wire is not
// ours.
func (b *broker) cutAfter(d time.Duration) (stop func() bool) {
	if b.wire == nil {
		return func() bool { return false }
	}
	return time.AfterFunc(d, func() { b.wire.cut(errSilent) }).Stop
}

// A login is an amqp.Authentication that asks the server to say why it refuses.
// Without that it only hangs up, after 3 seconds, as it would if it crashed.
type login struct {
	amqp.Authentication
	properties amqp.Table
}

// Response implements amqp.Authentication. The client library calls it when it
// has set all capabilities, and before it sends them.
func (l login) Response() string {
	if capabilities, ok := l.properties["capabilities"].(amqp.Table); ok {
		capabilities["authentication_failure_close"] = true
	}
	return l.Authentication.Response()
}

// loginTo returns how to authenticate: without a password by the client
// certificate, whose subject is the user whatever the URL says, and without
// either as the user that RabbitMQ comes with.
func loginTo(e endpoint, properties amqp.Table) amqp.Authentication {
	switch {
	case e.Credential != nil:
		return login{e.Credential, properties}
	case e.Access.TLS.Cert != "" && !e.Access.Password.IsSet():
		return login{&amqp.ExternalAuth{}, properties}
	case e.Access.Username != "":
		return login{&amqp.PlainAuth{Username: e.Access.Username, Password: e.Access.Password.Reveal()}, properties}
	}
	return login{&amqp.PlainAuth{Username: "guest", Password: "guest"}, properties}
}

// classify wraps the errors that a Scaler is to tell apart.
func classify(err error, w *wire) error {
	var e *amqp.Error
	switch {
	case errors.Is(err, amqp.ErrSASL):
		return fmt.Errorf("%w: the server does not offer this way to authenticate", scalerkit.ErrDenied)
	case !errors.As(err, &e):
		return err
	case !e.Server:
		// The library's own guesses, of which "username or password not
		// allowed" is one for a connection that broke.
		return w.lost(err)
	}
	err = fmt.Errorf("%s (%d)", e.Reason, e.Code)
	switch {
	case strings.HasSuffix(e.Reason, "is reached"): // the limit of connections
		return err
	case e.Code == amqp.NotFound && strings.Contains(e.Reason, "is down or inaccessible"):
		return err // the queue exists, its node is gone
	case e.Code == amqp.NotFound, e.Code == amqp.NotAllowed && strings.HasSuffix(e.Reason, "not found"):
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
	case e.Code == amqp.AccessRefused, e.Code == amqp.NotAllowed:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	}
	return err
}
