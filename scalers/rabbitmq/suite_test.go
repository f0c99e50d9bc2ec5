package rabbitmq_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

const wrong = "not-the-password"

// source describes triggers on a server to the suite. The names of queues
// begin with prefix.
func source(host, prefix string, more values, set func(ctx context.Context, queue string, level int) error) scalertest.Source {
	trigger := func(queue string) scalertest.Trigger {
		metadata := values{"queueName": prefix + queue, "mode": "QueueLength", "value": "5"}.with(more)
		return scalertest.Trigger{
			Spec: scalerkit.Spec{
				Type: "rabbitmq", Name: "orders", Metadata: metadata,
				Auth: scalerkit.Secrets(values{"host": host, "username": username, "password": password}),
			},
			Set: func(ctx context.Context, level float64) error { return set(ctx, prefix+queue, int(level)) },
		}
	}
	denied, missing := trigger("a").Spec, trigger("missing").Spec
	denied.Auth = maps.Clone(denied.Auth)
	denied.Auth["password"] = scalerkit.NewSecret(wrong)
	secure := trigger("a").Spec
	secure.Auth = maps.Clone(secure.Auth)
	secure.Auth["host"] = scalerkit.NewSecret(strings.Replace(host, "://", "s://", 1))
	return scalertest.Source{
		Trigger:       trigger("a"),
		Secure:        &secure,
		TargetKey:     "value",
		ActivationKey: "activationValue",
		Secrets:       []string{password, wrong},
		Denied:        &denied,
		Missing:       &missing,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

func TestSuiteOnFakeAMQP(t *testing.T) {
	scalertest.Suite{Driver: rabbitmq.Driver(), New: scalertest.Typed(rabbitmq.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake()
		s := source("amqp://"+f.serveAMQP(tb, nil)+"/shop", "", nil, func(_ context.Context, queue string, level int) error {
			f.set("shop", queue, stats{ready: level, unacked: 3})
			return nil
		})
		s.MaxConns = 1
		return s
	}}.Run(t)
}

func TestSuiteOnFakeHTTP(t *testing.T) {
	for mode, level := range map[string]func(int) stats{
		"QueueLength":                  func(n int) stats { return stats{ready: n / 2, unacked: n - n/2} },
		"MessageRate":                  func(n int) stats { return stats{published: float64(n)} },
		"DeliverGetRate":               func(n int) stats { return stats{delivered: float64(n)} },
		"PublishedToDeliveredRatio":    func(n int) stats { return stats{published: float64(n), delivered: 1, ready: 9} },
		"ExpectedQueueConsumptionTime": func(n int) stats { return stats{published: 1, delivered: 1, ready: n} },
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			suite := scalertest.Suite{Driver: rabbitmq.Driver(), New: scalertest.Typed(rabbitmq.New), Start: func(tb testing.TB) scalertest.Source {
				f := newFake()
				return source("http://"+f.serveHTTP(tb, nil), "", values{"mode": mode}, func(_ context.Context, queue string, n int) error {
					f.set("/", queue, level(n))
					return nil
				})
			}}
			suite.Run(t)
			httpkit.RunOn(t, suite)
		})
	}
}

func TestSuiteOnServer(t *testing.T) {
	for protocol, c := range map[string]struct {
		variable string
		settle   time.Duration
		conns    int
	}{
		"AMQP": {"SCALERKIT_TEST_RABBITMQ_AMQP", 0, 1},
		"HTTP": {"SCALERKIT_TEST_RABBITMQ_HTTP", 15 * time.Second, 2},
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			host := serverURL(t, c.variable)
			scalertest.Suite{Driver: rabbitmq.Driver(), Start: func(tb testing.TB) scalertest.Source {
				channel := serverChannel(tb)
				prefix := fmt.Sprintf("%s %d ", tb.Name(), time.Now().UnixNano())
				s := source(host.Scheme+"://"+host.Host, prefix, nil, func(ctx context.Context, queue string, level int) error {
					return fill(ctx, tb, channel, queue, level)
				})
				s.Settle, s.MaxConns = c.settle, c.conns
				s.Levels = []float64{0, 1, 7}
				return s
			}}.Run(t)
		})
	}
}

// serverURL returns the URL of the real server that a variable names.
func serverURL(tb testing.TB, variable string) *url.URL {
	text := os.Getenv(variable)
	if text == "" {
		tb.Skip(variable + " is not set: run make test")
	}
	u, err := url.Parse(text)
	require.NoError(tb, err)
	return u
}

// serverChannel returns a channel to the real server, to set levels with.
func serverChannel(tb testing.TB) *amqp.Channel {
	conn, err := amqp.Dial(serverURL(tb, "SCALERKIT_TEST_RABBITMQ_AMQP").String())
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, conn.Close()) })
	channel, err := conn.Channel()
	require.NoError(tb, err)
	require.NoError(tb, channel.Confirm(false))
	return channel
}

// fill puts so many messages into a queue of the real server, which it declares
// if it has to.
func fill(ctx context.Context, tb testing.TB, channel *amqp.Channel, queue string, messages int) error {
	q, err := channel.QueueDeclare(queue, false, false, false, false, nil)
	if err != nil {
		return err
	}
	if messages < q.Messages {
		if _, err := channel.QueuePurge(queue, false); err != nil {
			return err
		}
		q.Messages = 0
	}
	for range messages - q.Messages {
		confirmation, err := channel.PublishWithDeferredConfirmWithContext(ctx, "", queue, false, false, amqp.Publishing{Body: []byte("x")})
		if err != nil {
			return err
		}
		if _, err := confirmation.WaitContext(ctx); err != nil {
			return err
		}
	}
	tb.Cleanup(func() { _, _ = channel.QueueDelete(queue, false, false, false) })
	return nil
}

type values map[string]string

func (v values) with(more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}
