// Package awsdynamodb counts the items that a query finds with the client library
// alone, as the process or as a role.
package awsdynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	account, err := config.LoadDefaultConfig(ctx, config.WithRegion("eu-west-1"), config.WithRetryMaxAttempts(1))
	if err != nil {
		return nil, err
	}
	if role := args[1]; role != "" {
		account.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(account), role))
	}
	account.BaseEndpoint = &args[0]
	items, err := dynamodb.NewFromConfig(account).Query(ctx, &dynamodb.QueryInput{
		TableName:              aws.String(program.Name),
		KeyConditionExpression: aws.String("k = :k"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":k": &types.AttributeValueMemberS{Value: "weight"},
		},
		Select: types.SelectCount,
	})
	if err != nil {
		return nil, err
	}
	return items.Count, nil
}
