package awsdynamodb_test

import (
	"context"
	"fmt"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound puts 1,000 queries to the fake by the bare SDK, over as many
// connections, and by as many triggers, and reports the ratio of the two. DynamoDB
// has no request for several queries.
func BenchmarkRound(b *testing.B) {
	const queries, items, connections = 1000, 7, 32
	ctx := context.Background()
	f := newFake(b)
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, queries)
	name := func(i int) string { return fmt.Sprintf("bench-%d", i) }
	for i := range scalers {
		f.set(name(i), items)
		scalers[i] = opened(b, f.URL, pool, values{"expressionAttributeValues": fmt.Sprintf(`{":k": {"S": %q}}`, name(i))})
	}
	c := client(b, f.URL, connections)

	bare := func() {
		each.Do(queries, connections, func(i int) {
			out, err := c.Query(ctx, &dynamodb.QueryInput{
				TableName: sdk.String("orders"), KeyConditionExpression: sdk.String("shop = :k"), Select: types.SelectCount,
				ExpressionAttributeValues: map[string]types.AttributeValue{":k": &types.AttributeValueMemberS{Value: name(i)}},
			})
			if err != nil || out.Count != items {
				b.Error(err)
			}
		})
	}
	scalertest.Compare(b, bare, func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != items {
				b.Error(r)
			}
		}
	})
}
