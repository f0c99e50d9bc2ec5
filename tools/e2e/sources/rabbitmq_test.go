package sources

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

func TestRabbitMQ(t *testing.T) {
	amqpURL := server(t, "SCALERKIT_TEST_RABBITMQ_AMQP")
	conn, err := amqp.Dial(amqpURL)
	require.NoError(t, err)
	defer conn.Close()
	t.Run("amqp", func(t *testing.T) { queue(t, conn, amqpURL, "amqp").scales(t) })
	t.Run("http", func(t *testing.T) {
		httpURL := server(t, "SCALERKIT_TEST_RABBITMQ_HTTP")
		s := queue(t, conn, httpURL, "http")
		publish := s.arrive
		s.arrive = func(ctx context.Context) error {
			if err := publish(ctx); err != nil {
				return err
			}
			// Statistics are late by a second or two.
			return process.Poll(ctx, time.Minute, func(ctx context.Context) error { return counted(ctx, httpURL, queueName("http")) })
		}
		s.scales(t)
	})
}

func queueName(protocol string) string { return "orders-" + protocol }

// queue returns a queue whose messages come together, and a trigger that reads
// it at the server.
func queue(t *testing.T, conn *amqp.Connection, server, protocol string) source {
	channel, err := conn.Channel()
	require.NoError(t, err)
	name := queueName(protocol)
	_, err = channel.QueueDeclare(name, true, false, false, false, nil)
	require.NoError(t, err)
	require.NoError(t, channel.Tx())
	return source{
		trigger:    fmt.Sprintf(`type: rabbitmq, metadata: {protocol: %s, queueName: %s, mode: QueueLength, value: "5"}`, protocol, name),
		parameters: map[string]string{"host": server},
		replicas:   20,
		arrive: func(ctx context.Context) error {
			for range messages {
				if err := channel.PublishWithContext(ctx, "", name, false, false, amqp.Publishing{Body: []byte("hello")}); err != nil {
					return err
				}
			}
			return channel.TxCommit()
		},
		leave: func(context.Context) error {
			_, err := channel.QueuePurge(name, false)
			return err
		},
	}
}

// counted returns no error once the management plugin knows of the messages.
func counted(ctx context.Context, url, queue string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"api/queues/%2F/"+queue, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var is struct{ Messages int }
	if err := json.NewDecoder(response.Body).Decode(&is); err != nil {
		return err
	}
	if is.Messages != messages {
		return fmt.Errorf("the queue has %d messages", is.Messages)
	}
	return nil
}
