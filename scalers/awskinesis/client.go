package awskinesis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// A client asks Kinesis on behalf of all triggers with one Account.
type client struct {
	*aws.Session
	kinesis  *kinesis.Client
	dynamodb *dynamodb.Client
	now      func() time.Time
}

// newClient returns a client that finds lease tables at an endpoint, or where
// Amazon has them.
func newClient(session *aws.Session, leaseTableEndpoint string, now func() time.Time) *client {
	return &client{
		Session:  session,
		kinesis:  kinesis.NewFromConfig(session.Config),
		dynamodb: dynamodb.NewFromConfig(session.At(leaseTableEndpoint)),
		now:      now,
	}
}

func ask(ctx context.Context, c *client, q question) (answer, error) {
	if q.leaseTable != "" {
		return c.iteratorAge(ctx, q.stream, q.leaseTable)
	}
	n, err := c.openShards(ctx, q.stream)
	return answer{value: n}, err
}

// openShards returns the number of a stream's open shards. Kinesis answers 20
// requests for the summary of a stream per second, account and region. Beyond
// that, the shards are listed, which it allows for each stream by itself, if it
// allows it: those who scale with KEDA have not needed that permission.
func (c *client) openShards(ctx context.Context, stream string) (float64, error) {
	out, err := c.kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
	if err != nil {
		err = c.Explain(err)
		if !errors.Is(err, scalerkit.ErrThrottled) {
			return 0, err
		}
		open, listErr := c.listShards(ctx, stream, &types.ShardFilter{Type: types.ShardFilterTypeAtLatest})
		if listErr != nil {
			return 0, fmt.Errorf("%w (the permission kinesis:ListShards leads round this limit)", err)
		}
		return float64(len(open)), nil
	}
	if out.StreamDescriptionSummary == nil || out.StreamDescriptionSummary.OpenShardCount == nil {
		return 0, errors.New("Kinesis does not say how many there are")
	}
	return float64(*out.StreamDescriptionSummary.OpenShardCount), nil
}

// listShards returns the shards of a stream, all of them if there is no filter.
func (c *client) listShards(ctx context.Context, stream string, filter *types.ShardFilter) ([]types.Shard, error) {
	var shards []types.Shard
	in := &kinesis.ListShardsInput{StreamName: &stream, ShardFilter: filter}
	for {
		out, err := c.kinesis.ListShards(ctx, in)
		if err != nil {
			return nil, err
		}
		shards = append(shards, out.Shards...)
		if out.NextToken == nil || *out.NextToken == "" {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken} // which has the rest in it
	}
}
