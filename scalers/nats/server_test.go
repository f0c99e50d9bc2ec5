package nats_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nats"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// needServer returns the address in a variable, or skips the test.
func needServer(t testing.TB, variable string) string {
	address := os.Getenv(variable)
	if address == "" {
		t.Skip(variable + " is not set: run make test")
	}
	return address
}

// A client speaks as much of NATS' protocol as it takes to fill a stream.
type client struct {
	mu     sync.Mutex
	conn   net.Conn
	reader *bufio.Reader
	inbox  string
}

func connect(t testing.TB, address string) *client {
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	c := &client{conn: conn, reader: bufio.NewReader(conn), inbox: fmt.Sprint("inbox-", conn.LocalAddr().(*net.TCPAddr).Port)}
	_, err = fmt.Fprintf(conn, "CONNECT {\"verbose\":false}\r\nSUB %s 1\r\n", c.inbox)
	require.NoError(t, err)
	return c
}

// request publishes a message and returns the answer.
func (c *client) request(subject, payload string) (string, error) {
	if _, err := fmt.Fprintf(c.conn, "PUB %s %s %d\r\n%s\r\n", subject, c.inbox, len(payload), payload); err != nil {
		return "", err
	}
	for {
		line, err := c.reader.ReadString('\n')
		switch {
		case err != nil:
			return "", err
		case strings.HasPrefix(line, "PING"):
			_, _ = fmt.Fprint(c.conn, "PONG\r\n")
			continue
		case strings.HasPrefix(line, "-ERR"):
			return "", errors.New(line)
		case !strings.HasPrefix(line, "MSG "):
			continue
		}
		var size int
		fields := strings.Fields(line) // MSG subject sid [reply] size
		if _, err := fmt.Sscan(fields[len(fields)-1], &size); err != nil {
			return "", err
		}
		body := make([]byte, size+2)
		if _, err := io.ReadFull(c.reader, body); err != nil {
			return "", err
		}
		return string(body[:size]), nil
	}
}

// set makes a stream with so many replicas and its consumer workers, and gives it
// so many messages, of which the consumer has received one in three.
func (c *client) set(ctx context.Context, stream string, replicas, level int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.conn.SetDeadline(deadline)
	}
	ask := func(subject, payload string) error {
		answer, err := c.request(subject, payload)
		if err == nil && strings.Contains(answer, `"error"`) {
			err = errors.New(answer)
		}
		return err
	}
	if err := ask("$JS.API.STREAM.CREATE."+stream, fmt.Sprintf(`{"name":%q,"subjects":[%q],"storage":"memory","retention":"limits","num_replicas":%d}`, stream, stream, replicas)); err != nil {
		return err
	}
	if err := ask("$JS.API.CONSUMER.CREATE."+stream+".workers", fmt.Sprintf(`{"stream_name":%q,"config":{"name":"workers","durable_name":"workers","ack_policy":"explicit","ack_wait":3600000000000}}`, stream)); err != nil {
		return err
	}
	if err := ask("$JS.API.STREAM.PURGE."+stream, ""); err != nil {
		return err
	}
	for range level {
		if err := ask(stream, "x"); err != nil {
			return err
		}
	}
	for range level / 3 {
		if answer, err := c.request("$JS.API.CONSUMER.MSG.NEXT."+stream+".workers", ""); err != nil || answer != "x" {
			return fmt.Errorf("received %q, %w", answer, err)
		}
	}
	return c.awaitPending(ctx, stream, level-level/3)
}

// awaitPending waits until the consumer knows of so many messages that it has not
// received: the server tells it of them after it has acknowledged them to who sent them.
func (c *client) awaitPending(ctx context.Context, stream string, pending int) error {
	for ctx.Err() == nil {
		answer, err := c.request("$JS.API.CONSUMER.INFO."+stream+".workers", "")
		if err != nil {
			return err
		}
		var info struct {
			Pending int `json:"num_pending"`
		}
		if err := json.Unmarshal([]byte(answer), &info); err != nil {
			return fmt.Errorf("%q: %w", answer, err)
		}
		if info.Pending == pending {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

// TestCluster has consumers that are led by different nodes, and asks each node.
func TestCluster(t *testing.T) {
	c := connect(t, needServer(t, "SCALERKIT_TEST_NATS_CLUSTER"))
	prefix := fmt.Sprintf("test-%d-", time.Now().UnixNano())
	const streams = 6
	for i := range streams {
		replicas := 1 + i%2*2 // a node that has no copy tells nothing, and one that follows something old
		require.NoError(t, c.set(t.Context(), fmt.Sprint(prefix, i), replicas, 10+i))
	}
	for _, endpoint := range strings.Split(needServer(t, "SCALERKIT_TEST_NATS_CLUSTER_MONITORING"), ",") {
		var scalers []scalerkit.Scaler
		options := scalerkit.Options{Pool: new(scalerkit.Pool)}
		for i := range streams {
			s, err := nats.Driver().Open(spec(endpoint, fmt.Sprint(prefix, i)), options)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			scalers = append(scalers, s)
			scalertest.WantValue(t, s, float64(10+i))
		}
		for i, r := range scalerkit.ReadAll(t.Context(), scalers...) {
			require.NoError(t, r.Err)
			require.Equal(t, float64(10+i), r.Reading.Value)
		}
	}
}
