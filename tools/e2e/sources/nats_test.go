package sources

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNATS(t *testing.T) {
	c := dialNATS(t, server(t, "SCALERKIT_TEST_NATS"))
	require.NoError(t, c.request(t.Context(), "$JS.API.STREAM.CREATE.orders",
		`{"name": "orders", "subjects": ["orders"], "storage": "memory", "retention": "limits"}`))
	require.NoError(t, c.request(t.Context(), "$JS.API.CONSUMER.CREATE.orders.workers",
		`{"stream_name": "orders", "config": {"name": "workers", "durable_name": "workers", "ack_policy": "explicit"}}`))
	source{
		trigger: fmt.Sprintf(`type: nats-jetstream, metadata: {
			natsServerMonitoringEndpoint: %q, account: $G, stream: orders, consumer: workers, lagThreshold: "5"}`,
			server(t, "SCALERKIT_TEST_NATS_MONITORING")),
		gradual:  true,
		replicas: 20,
		arrive: func(ctx context.Context) error {
			for range messages {
				if err := c.request(ctx, "orders", "hello"); err != nil {
					return err
				}
			}
			return nil
		},
		leave: func(ctx context.Context) error { return c.request(ctx, "$JS.API.STREAM.PURGE.orders", "") },
	}.scales(t)
}

// A natsClient speaks as much of NATS' protocol as it takes to fill a stream.
type natsClient struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dialNATS(t *testing.T, address string) *natsClient {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, "CONNECT {\"verbose\": false}\r\nSUB answers 1\r\n")
	require.NoError(t, err)
	return &natsClient{conn, bufio.NewReader(conn)}
}

// request publishes a message, and returns the error that JetStream answers
// with, if it does.
func (c *natsClient) request(ctx context.Context, subject, payload string) error {
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	defer stop()
	if _, err := fmt.Fprintf(c.conn, "PUB %s answers %d\r\n%s\r\n", subject, len(payload), payload); err != nil {
		return err
	}
	for {
		line, err := c.reader.ReadString('\n')
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(line, "PING"):
			if _, err := io.WriteString(c.conn, "PONG\r\n"); err != nil {
				return err
			}
		case strings.HasPrefix(line, "-ERR"):
			return fmt.Errorf("%s: %s", subject, line)
		case strings.HasPrefix(line, "MSG "): // the answer is in the next line
			answer, err := c.reader.ReadString('\n')
			if err == nil && strings.Contains(answer, `"error"`) {
				err = fmt.Errorf("%s: %s", subject, answer)
			}
			return err
		}
	}
}
