package awsdynamodb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awsdynamodb"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

const shardsOnAPage = 50

// A streamsFake is an in-process DynamoDB whose tables have streams.
type streamsFake struct {
	*awsfake.JSON

	mu     sync.Mutex
	arns   map[string]string // of the streams by table; empty if it has none
	shards map[string]int    // by ARN
	seen   []string          // the operations that were asked for
}

func newStreamsFake(tb testing.TB) *streamsFake {
	f := &streamsFake{arns: make(map[string]string), shards: make(map[string]int)}
	f.JSON = awsfake.NewJSON(tb, f.serve)
	f.Keys.Add(awsfake.Key{ID: keyID, Secret: secretKey})
	return f
}

// set makes a stream the table's, with so many shards.
func (f *streamsFake) set(table, stream string, shards int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arns[table] = stream
	f.shards[stream] = shards
}

// asked returns the operations since the last time.
func (f *streamsFake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}

func (f *streamsFake) serve(action string, body []byte) (any, *awsfake.Refusal) {
	var in struct{ TableName, StreamArn, ExclusiveStartShardID string }
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &awsfake.Refusal{Code: "SerializationException", Message: err.Error()}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, action)
	missing := &awsfake.Refusal{Code: "ResourceNotFoundException", Message: "Requested resource not found"}
	switch action {
	case "DescribeTable":
		stream, ok := f.arns[in.TableName]
		if in.TableName == "busy" {
			return nil, &awsfake.Refusal{Code: "LimitExceededException", Message: "Subscriber limit exceeded"}
		} else if !ok {
			return nil, missing
		}
		table := map[string]any{"TableName": in.TableName, "TableStatus": "ACTIVE"}
		if stream != "" {
			table["LatestStreamArn"] = stream
		}
		return map[string]any{"Table": table}, nil
	case "DescribeStream":
		n, ok := f.shards[in.StreamArn]
		if !ok {
			return nil, missing
		}
		return map[string]any{"StreamDescription": describe(in.StreamArn, n, in.ExclusiveStartShardID)}, nil
	}
	return nil, &awsfake.Refusal{Code: "UnknownOperationException", Message: "the fake does not know " + action}
}

// describe returns a page of the shards of a stream, all but the last of which are
// closed.
func describe(stream string, n int, after string) any {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("shardId-%08d", i)
	}
	from := slices.Index(names, after) + 1
	to := min(from+shardsOnAPage, n)
	shards := []any{}
	for i, name := range names[from:to] {
		numbers := map[string]string{"StartingSequenceNumber": "1"}
		if from+i < n-1 {
			numbers["EndingSequenceNumber"] = "2"
		}
		shards = append(shards, map[string]any{"ShardId": name, "SequenceNumberRange": numbers})
	}
	description := map[string]any{"StreamArn": stream, "StreamStatus": "ENABLED", "Shards": shards}
	if to < n {
		description["LastEvaluatedShardId"] = names[to-1]
	}
	return description
}

// streamsSpec returns a trigger on the stream of a table.
func streamsSpec(url, table string, more values) scalerkit.Spec {
	return scalerkit.Spec{
		Type: "aws-dynamodb-streams", Name: table, Auth: scalerkit.Secrets(accessKey),
		Metadata: values{"awsRegion": awsfake.Region, "awsEndpoint": url, "tableName": table}.with(more),
	}
}

func openedStreams(t testing.TB, url, table string, pool *scalerkit.Pool) scalerkit.Scaler {
	s, err := awsdynamodb.StreamsDriver().Open(streamsSpec(url, table, nil), scalerkit.Options{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestSuiteOfStreamsOnFake(t *testing.T) {
	suite := scalertest.Suite{Driver: awsdynamodb.StreamsDriver(), New: scalertest.Typed(awsdynamodb.NewStreams), Start: func(tb testing.TB) scalertest.Source {
		f := newStreamsFake(tb)
		trigger := func(name string) scalertest.Trigger {
			return scalertest.Trigger{Spec: streamsSpec(f.URL, name, nil), Set: func(_ context.Context, level float64) error {
				f.set(name, "arn:"+name, int(level))
				return nil
			}}
		}
		missing, denied, throttled, secure := trigger("missing").Spec, trigger("a").Spec, trigger("busy").Spec, streamsSpec("https://source.example", "a", nil)
		denied.Auth = scalerkit.Secrets(values{"awsAccessKeyID": keyID, "awsSecretAccessKey": wrongSecret})
		return scalertest.Source{
			Trigger: trigger("a"), TargetKey: "shardCount", ActivationKey: "activationShardCount",
			Missing: &missing, Denied: &denied, Throttled: &throttled, Secure: &secure,
			Secrets: []string{secretKey, wrongSecret},
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = trigger(fmt.Sprintf("peer-%d", i))
				}
				return peers
			},
		}
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

func TestStreamsOpenAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		more values
		want scalerkit.Metric
	}{
		{nil, scalerkit.Metric{Name: "aws-dynamodb-streams-eu-orders", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2}}},
		{values{"shardCount": "1", "activationShardCount": "10", "identityOwner": "operator"}, scalerkit.Metric{Name: "aws-dynamodb-streams-eu-orders", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1}, Activation: 10}},
	} {
		s, err := awsdynamodb.StreamsDriver().Open(streamsSpec("", "eu.orders", c.more), scalerkit.Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, s.Metric())
		require.NoError(t, s.Close())
	}
	for want, more := range map[string]values{
		`tableName: is missing: set it in the metadata`:     {"tableName": ""},
		`shardCount: "0" is less than 1`:                    {"shardCount": "0"},
		`activationShardCount: "two" is not a whole number`: {"activationShardCount": "two"},
	} {
		_, err := awsdynamodb.StreamsDriver().Open(streamsSpec("", "orders", more), scalerkit.Options{})
		require.EqualError(t, err, `aws-dynamodb-streams trigger "orders": `+want)
	}
}

func TestShards(t *testing.T) {
	f := newStreamsFake(t)
	f.set("orders", "arn:1", 4) // three of which are closed
	s := openedStreams(t, f.URL, "orders", nil)
	scalertest.WantValue(t, s, 4)
	require.Equal(t, []string{"DescribeTable", "DescribeStream"}, f.asked())

	f.set("orders", "arn:2", 120) // since it was disabled and enabled again
	scalertest.WantValue(t, s, 120)
	require.Equal(t, []string{"DescribeTable", "DescribeStream", "DescribeStream", "DescribeStream"}, f.asked())

	f.set("orders", "", 0)
	scalertest.WantError(t, s, scalerkit.ErrNotFound, `read shards in the stream of table "orders": not found: the table has no stream`)
	scalertest.WantError(t, openedStreams(t, f.URL, "missing", nil), scalerkit.ErrNotFound,
		`read shards in the stream of table "missing": not found: ResourceNotFoundException: Requested resource not found`)
}

func TestAStreamIsAskedAboutOnce(t *testing.T) {
	f := newStreamsFake(t)
	f.set("orders", "arn:1", 4)
	f.set("invoices", "arn:2", 5)
	pool := new(scalerkit.Pool)
	results := scalerkit.ReadAll(t.Context(), openedStreams(t, f.URL, "orders", pool), openedStreams(t, f.URL, "invoices", pool), openedStreams(t, f.URL, "orders", pool))
	for i, want := range []float64{4, 5, 4} {
		require.NoError(t, results[i].Err)
		require.Equal(t, want, results[i].Reading.Value)
	}
	require.Len(t, f.asked(), 4)
}
