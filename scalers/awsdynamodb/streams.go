package awsdynamodb

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// StreamsConfig describes a trigger on the number of shards in a table's stream.
type StreamsConfig struct {
	Account
	TableName            string `scaler:"tableName,required" doc:"name of the table"`
	ShardCount           int64  `scaler:"shardCount,target" default:"2" min:"1" doc:"target: shards per replica"`
	ActivationShardCount int64  `scaler:"activationShardCount,activation" doc:"the trigger is active above this number of shards, of which a stream has at least one"`
	MetricType           scalerkit.TargetKind
}

// NewStreams returns a Scaler that counts the shards of a stream. It does no I/O.
func NewStreams(config StreamsConfig, options scalerkit.Options) (scalerkit.Scaler, error) {
	return streamsTrigger.New(config, options)
}

// StreamsDriver returns the driver for trigger type aws-dynamodb-streams.
func StreamsDriver() scalerkit.Driver { return streamsTrigger.Driver() }

var streamsTrigger = driver.Type[StreamsConfig]{Name: "aws-dynamodb-streams", KEDAName: "awsDynamoDBStreamsScaler", Open: openStreams}

func openStreams(c *StreamsConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
	key := c.Key()
	return streamsSource.New(o, driver.Plan[*streamsClient, table, int64]{
		Metric:   driver.MetricOf(c, "aws-dynamodb-streams", c.TableName),
		Question: table(c.TableName),
		Key:      key,
		Open: func(context.Context) (*streamsClient, error) {
			session := key.Open(o)
			return &streamsClient{session, dynamodb.NewFromConfig(session.Config), dynamodbstreams.NewFromConfig(session.Config)}, nil
		},
	}), nil
}

// streamsSource asks about few streams at a time: an account may describe ten in a
// second.
var streamsSource = driver.Source[*streamsClient, table, int64]{Name: "aws-dynamodb-streams", Ask: driver.SideBySide(aws.Connections, askStreams)}

// A table is the name of one.
type table string

// String says what is read, for errors.
func (t table) String() string { return fmt.Sprintf("shards in the stream of table %q", string(t)) }

// A streamsClient asks DynamoDB and its streams on behalf of all triggers with one
// Account.
type streamsClient struct {
	*aws.Session
	dynamodb *dynamodb.Client
	streams  *dynamodbstreams.Client
}

// askStreams counts the shards on all pages. The stream is looked up each time,
// since it is another one once it was disabled and enabled again.
func askStreams(ctx context.Context, c *streamsClient, t table) (int64, error) {
	name := string(t)
	described, err := c.dynamodb.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return 0, c.Explain(err)
	}
	if described.Table == nil || described.Table.LatestStreamArn == nil {
		return 0, fmt.Errorf("%w: the table has no stream", scalerkit.ErrNotFound)
	}
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: described.Table.LatestStreamArn}
	var n int64
	for {
		out, err := c.streams.DescribeStream(ctx, in)
		switch {
		case err != nil:
			return 0, c.Explain(err)
		case out.StreamDescription == nil:
			return 0, errors.New("the answer does not describe the stream")
		}
		n += int64(len(out.StreamDescription.Shards))
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return n, nil
		}
	}
}
