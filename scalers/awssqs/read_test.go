package awssqs_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awssqs"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func opened(t testing.TB, url string, pool *scalerkit.Pool, metadata values) scalerkit.Scaler {
	t.Helper()
	metadata = values{"awsRegion": awsfake.Region, "awsEndpoint": url, "queueURL": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"}.with(metadata)
	s, err := awssqs.Driver().Open(scalerkit.Spec{Metadata: metadata, Auth: scalerkit.Secrets(accessKey)}, scalerkit.Options{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// client returns the bare SDK, with so many connections.
func client(tb testing.TB, url string, connections int) *sqs.Client {
	transport := &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}
	tb.Cleanup(transport.CloseIdleConnections)
	return sqs.New(sqs.Options{
		Region:       awsfake.Region,
		BaseEndpoint: &url,
		HTTPClient:   &http.Client{Transport: transport},
		Credentials:  credentials.NewStaticCredentialsProvider(keyID, secretKey, ""),
		Retryer:      sdk.NopRetryer{},
	})
}

func TestTheTriggerSaysWhichMessagesCount(t *testing.T) {
	f := newFake(t)
	f.set("orders", 100, 20, 3)
	for _, c := range []struct {
		metadata values
		want     float64
	}{
		{nil, 120},
		{values{"scaleOnInFlight": "true"}, 120},
		{values{"scaleOnInFlight": "false"}, 100},
		{values{"scaleOnDelayed": "true"}, 123},
		{values{"scaleOnInFlight": "false", "scaleOnDelayed": "true"}, 103},
		{values{"scaleOnDelayed": "false", "activationQueueLength": "120"}, 120},
	} {
		scalertest.WantValue(t, opened(t, f.URL, nil, c.metadata), c.want)
	}
}

func TestANameIsSentAsItIsWritten(t *testing.T) {
	f := newFake(t)
	f.set("orders", 1, 0, 0)
	scalertest.WantValue(t, opened(t, f.URL, nil, values{"queueURL": "orders"}), 1)
	require.Equal(t, []string{"orders"}, f.requests())
}

func TestAnAnswerWithoutANumberThatCountsIsAnError(t *testing.T) {
	f := newFake(t)
	const about = `read length of queue "orders": `
	inFlightToo := opened(t, f.URL, nil, nil)
	waiting := opened(t, f.URL, nil, values{"scaleOnInFlight": "false"})

	f.tell("orders", map[string]string{visible: "7"})
	scalertest.WantValue(t, waiting, 7)
	scalertest.WantError(t, inFlightToo, nil, about+"SQS does not tell ApproximateNumberOfMessagesNotVisible")

	f.tell("orders", map[string]string{inFlight: "7", delayed: "7"})
	scalertest.WantError(t, waiting, nil, about+"SQS does not tell ApproximateNumberOfMessages")

	for _, text := range []string{"", "many", "-1", "1.5", "NaN"} {
		f.tell("orders", map[string]string{visible: text})
		scalertest.WantError(t, waiting, nil, about+fmt.Sprintf("ApproximateNumberOfMessages is %q, which is no number of messages", text))
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	f := newFake(t)
	scalertest.WantError(t, opened(t, f.URL, nil, nil), scalerkit.ErrNotFound,
		`read length of queue "orders": not found: AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist.`)
	f.QueryErrors = nil // stand-ins for SQS have only the new name
	scalertest.WantError(t, opened(t, f.URL, nil, nil), scalerkit.ErrNotFound,
		`read length of queue "orders": not found: QueueDoesNotExist: The specified queue does not exist.`)
	f.throttle("orders")
	scalertest.WantError(t, opened(t, f.URL, nil, nil), scalerkit.ErrThrottled, `read length of queue "orders": throttled: RequestThrottled: Rate exceeded`)
}

func TestCredentialsMayBeRevokedAndRenewed(t *testing.T) {
	f := newFake(t)
	f.set("orders", 1, 0, 0)
	s := opened(t, f.URL, nil, nil)
	scalertest.WantValue(t, s, 1)
	f.Keys.Revoke(keyID)
	scalertest.WantError(t, s, scalerkit.ErrDenied, `read length of queue "orders": access denied: UnrecognizedClientException: The security token included in the request is invalid.`)
	f.Keys.Add(awsfake.Key{ID: keyID, Secret: secretKey})
	scalertest.WantValue(t, s, 1)
}

func TestAQueueIsAskedAboutOnceAndOneThatIsThrottledIsOneFailure(t *testing.T) {
	f := newFake(t)
	f.set("orders", 1, 2, 4)
	f.set("invoices", 8, 0, 0)
	f.throttle("busy")
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for _, metadata := range []values{
		{"queueURL": "orders"}, {"queueURL": "busy"}, {"queueURL": "invoices"},
		{"queueURL": "orders", "scaleOnInFlight": "false"}, {"queueURL": "orders", "scaleOnDelayed": "true"},
	} {
		scalers = append(scalers, opened(t, f.URL, pool, metadata))
	}
	var got []string
	for _, r := range scalerkit.ReadAll(context.Background(), scalers...) {
		got = append(got, fmt.Sprint(r.Reading.Value, r.Err))
	}
	require.Equal(t, []string{"3 <nil>", `0 read length of queue "busy": throttled: RequestThrottled: Rate exceeded`, "8 <nil>", "1 <nil>", "7 <nil>"}, got)
	require.Equal(t, []string{"busy", "invoices", "orders"}, f.requests())
}
