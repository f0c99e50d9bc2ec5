package queue

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
)

// ends are the two ends of a queue that is there and empty.
type ends struct {
	sender   func() (Sender, error)
	receiver func() (Receiver, error)
}

// open returns both, closed when the test ends.
func (e ends) open(t *testing.T) (Sender, Receiver) {
	t.Helper()
	sender, err := e.sender()
	require.NoError(t, err)
	t.Cleanup(func() { _ = sender.Close() })
	receiver, err := e.receiver()
	require.NoError(t, err)
	t.Cleanup(func() { _ = receiver.Close() })
	return sender, receiver
}

// at are ends at connections.
func at(connection, name string) ends {
	return ends{
		func() (Sender, error) { return OpenSender(connection, name) },
		func() (Receiver, error) { return OpenReceiver(connection, name) },
	}
}

// brokers make a queue, or skip the test.
var brokers = map[string]func(t *testing.T) ends{
	"redis in process": func(t *testing.T) ends {
		return at("redis://"+miniredis.RunT(t).Addr(), "inbound")
	},
	"redis": func(t *testing.T) ends {
		name := t.Name()
		connection := "redis://:scalerkit-test@" + variable(t, "SCALERKIT_TEST_REDIS")
		t.Cleanup(func() {
			q, err := openRedis(connection, name)
			require.NoError(t, err)
			require.NoError(t, q.client.Del(context.Background(), name, name+"-taken").Err())
			require.NoError(t, q.Close())
		})
		return at(connection, name)
	},
	"rabbitmq": func(t *testing.T) ends {
		connection := variable(t, "SCALERKIT_TEST_RABBITMQ_AMQP")
		name := t.Name()
		conn, channel, err := dialRabbit(connection)
		require.NoError(t, err)
		t.Cleanup(func() {
			_, err := channel.QueueDelete(name, false, false, false)
			require.NoError(t, err)
			require.NoError(t, channel.ExchangeDelete(name, false, false))
			require.NoError(t, conn.Close())
		})
		require.NoError(t, channel.ExchangeDeclare(name, amqp.ExchangeFanout, true, false, false, false, nil))
		_, err = channel.QueueDeclare(name, true, false, false, false, nil)
		require.NoError(t, err)
		require.NoError(t, channel.QueueBind(name, "", name, false, nil))
		return at(connection, name)
	},
	"servicebus in process": func(t *testing.T) ends {
		bus := startServiceBus(t)
		return ends{
			func() (Sender, error) { return openServiceBusSender(bus.connection(), "inbound", nil) },
			func() (Receiver, error) { return openServiceBusReceiver(bus.connection(), "inbound", nil) },
		}
	},
}

// variable returns an environment variable that make test sets.
func variable(t *testing.T, name string) string {
	value := os.Getenv(name)
	if value == "" {
		t.Skipf("%s is not set: make test sets it", name)
	}
	return value
}

func TestQueue(t *testing.T) {
	for name, make := range brokers {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			sender, receiver := make(t).open(t)
			for _, text := range []string{"one", "two"} {
				require.NoError(t, sender.Send(ctx, text))
			}

			first, err := receiver.Receive(ctx)
			require.NoError(t, err)
			require.Equal(t, "one", first.Text)
			require.NoError(t, first.GiveBack(ctx))

			var got []string
			for range 2 {
				m, err := receiver.Receive(ctx)
				require.NoError(t, err)
				require.NoError(t, m.Done(ctx))
				got = append(got, m.Text)
			}
			require.ElementsMatch(t, []string{"one", "two"}, got)

			ended, end := context.WithCancel(ctx)
			end()
			_, err = receiver.Receive(ended)
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}

// A message that is being worked on is lost to nobody when its receiver goes.
func TestWhatIsNotDoneComesAgain(t *testing.T) {
	for name, make := range brokers {
		if name == "redis" || name == "redis in process" {
			continue // the list with the suffix -taken keeps it
		}
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			ends := make(t)
			sender, receiver := ends.open(t)
			require.NoError(t, sender.Send(ctx, "one"))
			_, err := receiver.Receive(ctx)
			require.NoError(t, err)
			require.NoError(t, receiver.Close())

			other, err := ends.receiver()
			require.NoError(t, err)
			defer other.Close()
			again, err := other.Receive(ctx)
			require.NoError(t, err)
			require.Equal(t, "one", again.Text)
			require.NoError(t, again.Done(ctx))
		})
	}
}

func TestTakenOfRedis(t *testing.T) {
	server := miniredis.RunT(t)
	sender, receiver := at("redis://"+server.Addr(), "inbound").open(t)
	require.NoError(t, sender.Send(t.Context(), "one"))
	m, err := receiver.Receive(t.Context())
	require.NoError(t, err)
	taken, err := server.List("inbound-taken")
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, taken)
	require.NoError(t, m.Done(t.Context()))
	require.Empty(t, server.Keys())
}

func TestBadConnections(t *testing.T) {
	for connection, want := range map[string]string{
		"":                              errUnknown.Error(),
		"http://me:hunter2@host":        errUnknown.Error(),
		"redis://me:hunter2@host:%zz":   "the connection is no URL such as redis://user:password@host:6379; special characters in user and password have to be escaped",
		"amqp://me:hunter2@host:%zz":    "open exchange \"inbound\": the connection is no URL such as amqp://user:password@host:5672/vhost; special characters in user and password have to be escaped",
		"Endpoint=sb://hunter2;Shared=": "the connection is no connection string such as Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…",
	} {
		_, err := OpenSender(connection, "inbound")
		require.EqualError(t, err, want)
		_, err = OpenReceiver(connection, "inbound")
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// Nobody is told that a message was sent that no queue has got.
func TestExchangeWithoutQueue(t *testing.T) {
	connection := variable(t, "SCALERKIT_TEST_RABBITMQ_AMQP")
	conn, channel, err := dialRabbit(connection)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, channel.ExchangeDeclare(t.Name(), amqp.ExchangeFanout, false, true, false, false, nil))
	defer func() { require.NoError(t, channel.ExchangeDelete(t.Name(), false, false)) }()
	sender, err := OpenSender(connection, t.Name())
	require.NoError(t, err)
	defer sender.Close()
	require.EqualError(t, sender.Send(t.Context(), "one"), `send to exchange "TestExchangeWithoutQueue": no queue is bound to it`)
}
