package awsdynamodb

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// New returns a Scaler that counts items. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type aws-dynamodb.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "aws-dynamodb", KEDAName: "awsDynamoDBScaler", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	key := c.Key()
	return source.New(o, driver.Plan[*client, question, int64]{
		Metric:   driver.MetricOf(c, "aws-dynamodb", c.TableName),
		Question: c.question(),
		Key:      key,
		Open: func(context.Context) (*client, error) {
			session := key.OpenWide(connections, o)
			return &client{Session: session, dynamodb: dynamodb.NewFromConfig(session.Config)}, nil
		},
	}), nil
}

// connections is how many queries are asked side by side.
const connections = 32

var source = driver.Source[*client, question, int64]{Name: "aws-dynamodb", Ask: driver.SideBySide(connections, ask)}

// A question is what one trigger asks, as it is written there.
type question struct{ table, index, key, filter, names, values string }

// String says what is read, for errors.
func (q question) String() string { return fmt.Sprintf("items of table %q", q.table) }

// A client asks DynamoDB on behalf of all triggers with one Account.
type client struct {
	*aws.Session
	dynamodb *dynamodb.Client
}

// ask adds up the counts of all pages.
func ask(ctx context.Context, c *client, q question) (n int64, err error) {
	in := &dynamodb.QueryInput{TableName: &q.table, KeyConditionExpression: &q.key, Select: types.SelectCount}
	if q.index != "" {
		in.IndexName = &q.index
	}
	if q.filter != "" {
		in.FilterExpression = &q.filter
	}
	if in.ExpressionAttributeNames, err = decodeNames(q.names); err != nil {
		return 0, err
	}
	if in.ExpressionAttributeValues, err = decodeValues(q.values); err != nil {
		return 0, err
	}
	for pages := dynamodb.NewQueryPaginator(c.dynamodb, in); pages.HasMorePages(); {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return 0, c.Explain(err)
		}
		n += int64(out.Count)
	}
	return n, nil
}
