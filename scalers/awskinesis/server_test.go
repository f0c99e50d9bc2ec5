package awskinesis_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// endpoint returns the URL that a variable of testenv has.
func endpoint(t *testing.T, variable string) string {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" {
		t.Skip(variable + " is not set: run make test")
	}
	return url
}

func configFor(tb testing.TB, url string) sdk.Config {
	transport := new(http.Transport)
	tb.Cleanup(transport.CloseIdleConnections)
	return sdk.Config{
		Region:       awsfake.Region,
		BaseEndpoint: &url,
		HTTPClient:   &http.Client{Transport: transport},
		Credentials:  credentials.NewStaticCredentialsProvider(keyID, secretKey, ""),
	}
}

// A server is a client of the real thing, to set levels with.
type server struct{ *kinesis.Client }

// setShards gives a stream so many open shards, after creating it if need be.
// The number is at most doubled or halved at a time.
func (s server) setShards(ctx context.Context, stream string, shards int32) error {
	_, err := s.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &stream, ShardCount: &shards})
	if exists := new(types.ResourceInUseException); err != nil && !errors.As(err, &exists) {
		return err
	}
	for {
		open, err := s.whenActive(ctx, stream)
		if err != nil || open == shards {
			return err
		}
		next := max(min(shards, 2*open), (open+1)/2)
		if _, err := s.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{StreamName: &stream, TargetShardCount: &next, ScalingType: types.ScalingTypeUniformScaling}); err != nil {
			return err
		}
	}
}

// whenActive returns the number of open shards once it no longer changes.
func (s server) whenActive(ctx context.Context, stream string) (int32, error) {
	for {
		out, err := s.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
		if err != nil {
			return 0, err
		}
		if d := out.StreamDescriptionSummary; d.StreamStatus == types.StreamStatusActive {
			return *d.OpenShardCount, nil
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

func TestSuiteOnServer(t *testing.T) {
	url := endpoint(t, "SCALERKIT_TEST_KINESIS")
	scalertest.Suite{Driver: awskinesis.Driver(), Start: func(tb testing.TB) scalertest.Source {
		s := server{kinesis.NewFromConfig(configFor(tb, url))}
		prefix := fmt.Sprintf("test-%d-", time.Now().UnixNano())
		source := source(url, prefix, nil, func(ctx context.Context, stream string, level float64) error {
			return s.setShards(ctx, stream, int32(level))
		})
		source.Levels = []float64{1, 2, 4} // a stream has at least one open shard
		source.Denied = nil                // the emulator takes any credentials
		return source
	}}.Run(t)
}

// TestAConsumerOnServer plays a consumer that reads a stream while it is being
// resharded. The suite cannot, as an age is never at rest.
func TestAConsumerOnServer(t *testing.T) {
	url, leases := endpoint(t, "SCALERKIT_TEST_KINESIS"), endpoint(t, "SCALERKIT_TEST_DYNAMODB")
	ctx := t.Context()
	streams := server{kinesis.NewFromConfig(configFor(t, url))}
	tables := dynamodb.NewFromConfig(configFor(t, leases))
	stream := fmt.Sprintf("orders-%d", time.Now().UnixNano())
	require.NoError(t, streams.setShards(ctx, stream, 1))
	s := opened(t, url, nil, values{"streamName": stream,
		"mode": "iteratorAge", "iteratorAge": "60", "leaseTable": stream, "leaseTableEndpoint": leases})

	put := func(key string) (shard, sequenceNumber string) {
		out, err := streams.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: []byte("x")})
		require.NoError(t, err)
		return *out.ShardId, *out.SequenceNumber
	}
	checkpoint := func(shard, at string) {
		_, err := tables.PutItem(ctx, &dynamodb.PutItemInput{TableName: &stream, Item: map[string]dynamodbtypes.AttributeValue{
			"leaseKey":   &dynamodbtypes.AttributeValueMemberS{Value: shard},
			"checkpoint": &dynamodbtypes.AttributeValueMemberS{Value: at},
		}})
		require.NoError(t, err)
	}
	read := func() float64 {
		t.Helper()
		r, err := s.Read(ctx)
		require.NoError(t, err)
		require.Equal(t, r.Value > 0, r.IsActive(s.Metric()))
		return r.Value
	}

	_, err := s.Read(ctx)
	require.ErrorIs(t, err, scalerkit.ErrNotFound, "there is no lease table")
	_, err = tables.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:            &stream,
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{{AttributeName: sdk.String("leaseKey"), AttributeType: dynamodbtypes.ScalarAttributeTypeS}},
		KeySchema:            []dynamodbtypes.KeySchemaElement{{AttributeName: sdk.String("leaseKey"), KeyType: dynamodbtypes.KeyTypeHash}},
		BillingMode:          dynamodbtypes.BillingModePayPerRequest,
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool { _, err := s.Read(ctx); return err == nil }, 10*time.Second, 10*time.Millisecond)

	require.Zero(t, read(), "nothing is there")
	first, sequenceNumber := put("a")
	require.Positive(t, read(), "the consumer has not begun")
	checkpoint(first, "TRIM_HORIZON")
	require.Positive(t, read(), "it has a lease and no checkpoint")
	checkpoint(first, sequenceNumber)
	require.Zero(t, read(), "it is done")
	_, last := put("b")
	require.Positive(t, read(), "there is another record")

	require.NoError(t, streams.setShards(ctx, stream, 2))
	require.Positive(t, read(), "the record is in a shard that is closed now")
	checkpoint(first, last)
	require.Zero(t, read(), "it is done with the closed shard")
	checkpoint(first, "SHARD_END")
	require.Zero(t, read(), "it has said so")
	second, sequenceNumber := put("c")
	require.Positive(t, read(), "there is a record in a shard that it has not begun with")
	checkpoint(second, sequenceNumber)
	require.Zero(t, read(), "it is done with that")

	checkpoint(second, "LATEST")
	r, err := s.Read(ctx)
	require.NoError(t, err)
	require.Zero(t, r.Value, "it would begin at the tip")
	require.Equal(t, scalerkit.Active, r.Activity, "a record has just arrived there")
	require.Equal(t, 1, r.Limit)
}
