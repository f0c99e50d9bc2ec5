package awsdynamodb_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awsdynamodb"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func opened(t testing.TB, url string, pool *scalerkit.Pool, metadata values) scalerkit.Scaler {
	t.Helper()
	metadata = berlin.with(values{"awsEndpoint": url}).with(metadata)
	s, err := awsdynamodb.Driver().Open(scalerkit.Spec{Metadata: metadata, Auth: scalerkit.Secrets(accessKey)}, scalerkit.Options{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// client returns the bare SDK, with so many connections.
func client(tb testing.TB, url string, connections int) *dynamodb.Client {
	transport := &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}
	tb.Cleanup(transport.CloseIdleConnections)
	return dynamodb.New(dynamodb.Options{
		Region:       awsfake.Region,
		BaseEndpoint: &url,
		HTTPClient:   &http.Client{Transport: transport},
		Credentials:  credentials.NewStaticCredentialsProvider(keyID, secretKey, ""),
		Retryer:      sdk.NopRetryer{},
	})
}

func TestAllPagesCountAndNoItemIsSent(t *testing.T) {
	f := newFake(t)
	f.set("berlin", 7, 0, 30)
	scalertest.WantValue(t, opened(t, f.URL, nil, nil), 37)
	asked := f.queries()
	require.Len(t, asked, 3)
	for _, q := range asked {
		require.Equal(t, "COUNT", q.Select)
	}
	f.set("berlin")
	scalertest.WantValue(t, opened(t, f.URL, nil, nil), 0)
}

func TestTheQueryIsAsTheTriggerHasIt(t *testing.T) {
	f := newFake(t)
	s := opened(t, f.URL, nil, values{
		"indexName": "by-state", "keyConditionExpression": "#k = :k", "filterExpression": "#n > :n",
		"expressionAttributeNames": `{"#k": "shop", "#n": "count"}`,
		"expressionAttributeValues": `{":k": {"S": "berlin"}, ":n": {"N": "5"}, ":b": {"B": "eA=="}, ":t": {"BOOL": true}, ":z": {"NULL": true},
			":ss": {"SS": ["a", "b"]}, ":ns": {"NS": ["1"]}, ":bs": {"BS": ["eA=="]}, ":l": {"L": [{"S": "x"}]}, ":m": {"M": {"x": {"N": "1"}}}}`,
	})
	scalertest.WantValue(t, s, 0)
	type object = map[string]any
	require.Equal(t, []query{{
		TableName: "orders", IndexName: "by-state", KeyConditionExpression: "#k = :k", FilterExpression: "#n > :n", Select: "COUNT",
		ExpressionAttributeNames: map[string]string{"#k": "shop", "#n": "count"},
		ExpressionAttributeValues: map[string]map[string]any{
			":k": {"S": "berlin"}, ":n": {"N": "5"}, ":b": {"B": "eA=="}, ":t": {"BOOL": true}, ":z": {"NULL": true},
			":ss": {"SS": []any{"a", "b"}}, ":ns": {"NS": []any{"1"}}, ":bs": {"BS": []any{"eA=="}},
			":l": {"L": []any{object{"S": "x"}}}, ":m": {"M": object{"x": object{"N": "1"}}},
		},
	}}, f.queries())
}

func TestEqualQueriesAreAskedOnceAndOneThatIsThrottledIsOneFailure(t *testing.T) {
	f := newFake(t)
	f.set("berlin", 3)
	f.set("paris", 4)
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for _, key := range []string{"berlin", "busy", "paris", "berlin"} {
		scalers = append(scalers, opened(t, f.URL, pool, values{"expressionAttributeValues": fmt.Sprintf(`{":k": {"S": %q}}`, key)}))
	}
	var got []string
	for _, r := range scalerkit.ReadAll(context.Background(), scalers...) {
		got = append(got, fmt.Sprint(r.Reading.Value, r.Err))
	}
	require.Equal(t, []string{"3 <nil>", `0 read items of table "orders": throttled: ProvisionedThroughputExceededException: Rate exceeded`, "4 <nil>", "3 <nil>"}, got)
	require.Len(t, f.queries(), 3)
}

func TestATableThatIsMissingIsNotFound(t *testing.T) {
	f := newFake(t)
	_, err := opened(t, f.URL, nil, values{"tableName": "none"}).Read(context.Background())
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
	require.EqualError(t, err, `read items of table "none": not found: ResourceNotFoundException: Requested resource not found`)
}
