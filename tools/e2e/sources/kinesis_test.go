package sources

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// TestKinesis counts shards, of which a stream has at least one.
func TestKinesis(t *testing.T) {
	url := server(t, "SCALERKIT_TEST_KINESIS")
	client := kinesis.New(kinesis.Options{
		Region:       "eu-west-1",
		BaseEndpoint: &url,
		Credentials:  credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", password, ""),
	})
	_, err := client.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	require.NoError(t, setShards(t.Context(), client, 1))
	source{
		trigger: fmt.Sprintf(`type: aws-kinesis-stream, metadata: {
			awsRegion: eu-west-1, awsEndpoint: %q, streamName: orders, shardCount: "1", activationShardCount: "1"}`, url),
		parameters: map[string]string{"awsAccessKeyID": "AKIDEXAMPLE", "awsSecretAccessKey": password},
		gradual:    true,
		replicas:   4,
		arrive:     func(ctx context.Context) error { return setShards(ctx, client, 4) },
		leave:      func(ctx context.Context) error { return setShards(ctx, client, 1) },
	}.scales(t)
}

// setShards returns when the stream has so many open shards. In one step, their
// number is at most doubled or halved.
func setShards(ctx context.Context, client *kinesis.Client, want int32) error {
	name := aws.String("orders")
	active := kinesis.NewStreamExistsWaiter(client, func(o *kinesis.StreamExistsWaiterOptions) { o.MinDelay = 50 * time.Millisecond })
	for {
		if err := active.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: name}, time.Minute); err != nil {
			return err
		}
		is, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: name})
		if err != nil {
			return err
		}
		open := *is.StreamDescriptionSummary.OpenShardCount
		if open == want {
			return nil
		}
		next := max(min(want, 2*open), (open+1)/2)
		_, err = client.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: &next, ScalingType: types.ScalingTypeUniformScaling})
		if err != nil {
			return err
		}
	}
}
