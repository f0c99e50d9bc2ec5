package awsdynamodb_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awsdynamodb"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

const wrongSecret = "not-the-secret"

// source describes triggers on a table of a DynamoDB at an address to the suite. A
// trigger counts the items with its name as their key.
func source(url, table string, set func(ctx context.Context, key string, level float64) error) scalertest.Source {
	trigger := func(name string) scalertest.Trigger {
		return scalertest.Trigger{
			Spec: scalerkit.Spec{Type: "aws-dynamodb", Name: name, Auth: scalerkit.Secrets(accessKey), Metadata: values{
				"awsRegion": awsfake.Region, "awsEndpoint": url, "tableName": table, "targetValue": "5",
				"keyConditionExpression": "#k = :k", "expressionAttributeNames": `{"#k": "k"}`,
				"expressionAttributeValues": fmt.Sprintf(`{":k": {"S": %q}}`, name),
			}},
			Set: func(ctx context.Context, level float64) error { return set(ctx, name, level) },
		}
	}
	denied := trigger("a").Spec
	denied.Auth = scalerkit.Secrets(values{"awsAccessKeyID": keyID, "awsSecretAccessKey": wrongSecret})
	missing := trigger("a").Spec
	missing.Metadata["tableName"] = "missing"
	throttled := trigger("busy").Spec
	secure := trigger("a").Spec
	secure.Metadata["awsEndpoint"] = "https://source.example"
	return scalertest.Source{
		Trigger:       trigger("a"),
		Secure:        &secure,
		TargetKey:     "targetValue",
		ActivationKey: "activationTargetValue",
		Secrets:       []string{secretKey, wrongSecret},
		Denied:        &denied,
		Missing:       &missing,
		Throttled:     &throttled,
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
	suite := scalertest.Suite{Driver: awsdynamodb.Driver(), New: scalertest.Typed(awsdynamodb.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		return source(f.URL, "orders", func(_ context.Context, key string, level float64) error {
			f.set(key, int(level)/2, int(level)-int(level)/2)
			return nil
		})
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

// A server is a client of the real thing with a table, to set levels with.
type server struct {
	*dynamodb.Client
	url, table string
}

// newServer creates a table, with keys k and, among the items of one, n. It skips
// the test if there is no DynamoDB.
func newServer(t testing.TB) server {
	url := os.Getenv("SCALERKIT_TEST_DYNAMODB")
	if url == "" {
		t.Skip("SCALERKIT_TEST_DYNAMODB is not set: run make test")
	}
	s := server{client(t, url, 1), url, fmt.Sprintf("orders-%d", time.Now().UnixNano())}
	_, err := s.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &s.table,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: sdk.String("k"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: sdk.String("n"), AttributeType: types.ScalarAttributeTypeN},
		},
		KeySchema:   []types.KeySchemaElement{{AttributeName: sdk.String("k"), KeyType: types.KeyTypeHash}, {AttributeName: sdk.String("n"), KeyType: types.KeyTypeRange}},
		BillingMode: types.BillingModePayPerRequest,
	})
	require.NoError(t, err)
	exists := dynamodb.NewTableExistsWaiter(s.Client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	require.NoError(t, exists.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &s.table}, time.Minute))
	return s
}

// set gives a key so many items.
func (s server) set(ctx context.Context, key string, level int, more map[string]types.AttributeValue) error {
	const all = 7 // the highest level of the suite here
	for n := range max(level, all) {
		item := map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: key}, "n": &types.AttributeValueMemberN{Value: strconv.Itoa(n)}}
		var err error
		if n >= level {
			_, err = s.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.table, Key: item})
		} else {
			for name, v := range more {
				item[name] = v
			}
			_, err = s.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: item})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func TestSuiteOnServer(t *testing.T) {
	newServer(t)
	scalertest.Suite{Driver: awsdynamodb.Driver(), Start: func(tb testing.TB) scalertest.Source {
		s := newServer(tb)
		source := source(s.url, s.table, func(ctx context.Context, key string, level float64) error {
			return s.set(ctx, key, int(level), nil)
		})
		source.Levels = []float64{0, 1, 7}
		source.Denied, source.Throttled = nil, nil // the emulator takes any credentials, and any number of requests
		return source
	}}.Run(t)
}

// TestPagesOnServer counts items that are on several pages, of 1 MB each.
func TestPagesOnServer(t *testing.T) {
	s := newServer(t)
	large := map[string]types.AttributeValue{"text": &types.AttributeValueMemberB{Value: make([]byte, 300_000)}}
	require.NoError(t, s.set(t.Context(), "large", 9, large))
	out, err := s.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &s.table, KeyConditionExpression: sdk.String("k = :k"), Select: types.SelectCount,
		ExpressionAttributeValues: map[string]types.AttributeValue{":k": &types.AttributeValueMemberS{Value: "large"}},
	})
	require.NoError(t, err)
	require.Less(t, out.Count, int32(9), "the first page has not all")
	scalertest.WantValue(t, opened(t, s.url, nil, values{
		"tableName":                 s.table,
		"keyConditionExpression":    "k = :k and #n >= :n",
		"filterExpression":          "#t < :t",
		"expressionAttributeNames":  `{"#n": "n", "#t": "text"}`,
		"expressionAttributeValues": `{":k": {"S": "large"}, ":n": {"N": "2"}, ":t": {"B": "AQ=="}}`,
	}), 7)
}
