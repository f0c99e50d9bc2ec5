package azureservicebus_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	sb "github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// TestSuiteOnServer needs a namespace of the service itself, since there is no
// emulator of it to be had: tools/testenv lets it be skipped.
func TestSuiteOnServer(t *testing.T) {
	connection := os.Getenv("SCALERKIT_SERVICEBUS_CONNECTION")
	if connection == "" {
		t.Skip("SCALERKIT_SERVICEBUS_CONNECTION is not set: it takes a namespace of the real service")
	}
	_, secret, _ := strings.Cut(connection, "SharedAccessKey=")
	secret, _, _ = strings.Cut(secret, ";")
	scalertest.Suite{Driver: azureservicebus.Driver(), Start: func(tb testing.TB) scalertest.Source {
		s := newServer(tb, connection)
		prefix := fmt.Sprintf("scalerkit-%d-", time.Now().UnixNano())
		source := source(withConnection(connection), withConnection(strings.Replace(connection, secret, wrong, 1)), prefix, modes["Queue"], s.set)
		source.Secrets = []string{secret, wrong}
		source.Levels = []float64{0, 1, 7}
		source.Settle = 30 * time.Second
		return source
	}}.Run(t)
}

// A server sets the levels of queues of a real namespace.
type server struct {
	admin  *admin.Client
	client *sb.Client
	levels map[string]int
}

func newServer(tb testing.TB, connection string) *server {
	transport := &http.Client{Transport: new(http.Transport)}
	management, err := admin.NewClientFromConnectionString(connection, &admin.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport}})
	require.NoError(tb, err)
	client, err := sb.NewClientFromConnectionString(connection, nil)
	require.NoError(tb, err)
	s := &server{admin: management, client: client, levels: make(map[string]int)}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for queue := range s.levels {
			_, err := s.admin.DeleteQueue(ctx, queue, nil)
			require.NoError(tb, err)
		}
		require.NoError(tb, s.client.Close(ctx))
		transport.CloseIdleConnections()
	})
	return s
}

// set makes a queue have that many messages.
func (s *server) set(ctx context.Context, queue string, level int) error {
	if _, there := s.levels[queue]; !there {
		if _, err := s.admin.CreateQueue(ctx, queue, nil); err != nil {
			return err
		}
		s.levels[queue] = 0
	}
	if more := level - s.levels[queue]; more > 0 {
		if err := s.send(ctx, queue, more); err != nil {
			return err
		}
	} else if more < 0 {
		if err := s.receive(ctx, queue, -more); err != nil {
			return err
		}
	}
	s.levels[queue] = level
	return nil
}

func (s *server) send(ctx context.Context, queue string, n int) error {
	sender, err := s.client.NewSender(queue, nil)
	if err != nil {
		return err
	}
	defer sender.Close(ctx)
	for range n {
		if err := sender.SendMessage(ctx, &sb.Message{Body: []byte("x")}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) receive(ctx context.Context, queue string, n int) error {
	receiver, err := s.client.NewReceiverForQueue(queue, &sb.ReceiverOptions{ReceiveMode: sb.ReceiveModeReceiveAndDelete})
	if err != nil {
		return err
	}
	defer receiver.Close(ctx)
	for n > 0 {
		messages, err := receiver.ReceiveMessages(ctx, n, nil)
		if err != nil {
			return err
		}
		n -= len(messages)
	}
	return nil
}
