// Package awssqs reads the length of a queue with the client library alone, as the
// process or as a role.
package awssqs

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
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
	queue, err := sqs.NewFromConfig(account).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       &args[2],
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		return nil, err
	}
	return strconv.Atoi(queue.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)])
}
