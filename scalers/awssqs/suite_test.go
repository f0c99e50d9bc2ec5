package awssqs_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awssqs"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

const wrongSecret = "not-the-secret"

// source describes triggers on an SQS at an address to the suite. Their queue
// URLs are prefix and a name.
func source(url, prefix string, more values, set func(ctx context.Context, queue string, level float64) error) scalertest.Source {
	trigger := func(name string) scalertest.Trigger {
		metadata := values{"awsRegion": awsfake.Region, "awsEndpoint": url, "queueURL": prefix + name}
		maps.Copy(metadata, more)
		return scalertest.Trigger{
			Spec: scalerkit.Spec{Type: "aws-sqs-queue", Name: name, Metadata: metadata, Auth: scalerkit.Secrets(accessKey)},
			Set:  func(ctx context.Context, level float64) error { return set(ctx, name, level) },
		}
	}
	denied := trigger("a").Spec
	denied.Auth = scalerkit.Secrets(values{"awsAccessKeyID": keyID, "awsSecretAccessKey": wrongSecret})
	missing := trigger("missing").Spec
	secure := trigger("a").Spec
	secure.Metadata["awsEndpoint"] = "https://source.example"
	return scalertest.Source{
		Trigger:       trigger("a"),
		Secure:        &secure,
		TargetKey:     "queueLength",
		ActivationKey: "activationQueueLength",
		Secrets:       []string{secretKey, wrongSecret},
		Denied:        &denied,
		Missing:       &missing,
		MaxConns:      32,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

func TestSuiteOnFake(t *testing.T) {
	suite := scalertest.Suite{Driver: awssqs.Driver(), New: scalertest.Typed(awssqs.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		s := source(f.URL, f.URL+"/123456789012/", values{"scaleOnDelayed": "true"}, func(_ context.Context, queue string, level float64) error {
			waiting, received := int(level)/2, int(level)/3
			f.set(queue, waiting, received, int(level)-waiting-received)
			return nil
		})
		throttled := s.Trigger.Spec
		throttled.Metadata = values(throttled.Metadata).with(values{"queueURL": "busy"})
		f.throttle("busy")
		s.Throttled = &throttled
		return s
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

// server skips the test if there is no SQS, and returns its URL and a client to
// set levels with.
func server(t testing.TB) (string, *sqs.Client) {
	url := os.Getenv("SCALERKIT_TEST_SQS")
	if url == "" {
		t.Skip("SCALERKIT_TEST_SQS is not set: run make test")
	}
	return url, client(t, url, 1)
}

// level gives a queue so many messages, after creating it if need be.
func level(ctx context.Context, c *sqs.Client, queue string, want int) error {
	created, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &queue})
	if err != nil {
		return err
	}
	if _, err := c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: created.QueueUrl}); err != nil {
		return err
	}
	return send(ctx, c, created.QueueUrl, want, 0)
}

// send sends messages that are delayed for so many seconds.
func send(ctx context.Context, c *sqs.Client, queue *string, n int, delay int32) error {
	const most = 10 // messages in a batch
	for i := 0; i < n; i += most {
		var batch []types.SendMessageBatchRequestEntry
		for j := range min(most, n-i) {
			batch = append(batch, types.SendMessageBatchRequestEntry{Id: sdk.String(fmt.Sprint(j)), MessageBody: sdk.String("x"), DelaySeconds: delay})
		}
		if _, err := c.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: queue, Entries: batch}); err != nil {
			return err
		}
	}
	return nil
}

func TestSuiteOnServer(t *testing.T) {
	server(t)
	scalertest.Suite{Driver: awssqs.Driver(), Start: func(tb testing.TB) scalertest.Source {
		url, c := server(tb)
		prefix := fmt.Sprintf("test-%d-", time.Now().UnixNano())
		// The emulator knows a queue by the URL that it has given it.
		created, err := c.CreateQueue(tb.Context(), &sqs.CreateQueueInput{QueueName: &prefix})
		require.NoError(tb, err)
		source := source(url, *created.QueueUrl, nil, func(ctx context.Context, queue string, want float64) error {
			return level(ctx, c, prefix+queue, int(want))
		})
		source.Denied = nil // the emulator takes any credentials
		return source
	}}.Run(t)
}

func TestMessagesOnServer(t *testing.T) {
	url, c := server(t)
	ctx := t.Context()
	name := fmt.Sprintf("orders-%d", time.Now().UnixNano())
	created, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	require.NoError(t, err)
	require.NoError(t, send(ctx, c, created.QueueUrl, 10, 0))
	require.NoError(t, send(ctx, c, created.QueueUrl, 1, 900))
	received, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: created.QueueUrl, MaxNumberOfMessages: 3, VisibilityTimeout: 900})
	require.NoError(t, err)
	require.Len(t, received.Messages, 3)

	queue := values{"queueURL": *created.QueueUrl}
	scalertest.WantValue(t, opened(t, url, nil, queue), 10)
	scalertest.WantValue(t, opened(t, url, nil, queue.with(values{"scaleOnInFlight": "false"})), 7)
	scalertest.WantValue(t, opened(t, url, nil, queue.with(values{"scaleOnDelayed": "true"})), 11)
	_, err = c.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: created.QueueUrl, ReceiptHandle: received.Messages[0].ReceiptHandle})
	require.NoError(t, err)
	scalertest.WantValue(t, opened(t, url, nil, queue), 9)
}
