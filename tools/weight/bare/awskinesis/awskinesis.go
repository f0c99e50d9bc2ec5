// Package awskinesis reads the number of a stream's shards with the client libraries
// alone, or, given a lease table, how far its consumer is behind; as the process
// or as a role.
package awskinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
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
	streams := kinesis.NewFromConfig(account)
	if leases := args[2]; leases != "" {
		return behind(ctx, streams, dynamodb.NewFromConfig(account), leases)
	}
	stream, err := streams.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(program.Name)})
	if err != nil {
		return nil, err
	}
	return *stream.StreamDescriptionSummary.OpenShardCount, nil
}

func behind(ctx context.Context, streams *kinesis.Client, tables *dynamodb.Client, leases string) (ms int64, err error) {
	scan, err := tables.Scan(ctx, &dynamodb.ScanInput{TableName: &leases})
	if err != nil {
		return 0, err
	}
	for _, lease := range scan.Items {
		shard, _ := lease["leaseKey"].(*dynamodbtypes.AttributeValueMemberS)
		checkpoint, _ := lease["checkpoint"].(*dynamodbtypes.AttributeValueMemberS)
		iterator, err := streams.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName:             aws.String(program.Name),
			ShardId:                &shard.Value,
			ShardIteratorType:      types.ShardIteratorTypeAfterSequenceNumber,
			StartingSequenceNumber: &checkpoint.Value,
		})
		if err != nil {
			return 0, err
		}
		records, err := streams.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator.ShardIterator, Limit: aws.Int32(1)})
		if err != nil {
			return 0, err
		}
		ms = max(ms, *records.MillisBehindLatest)
	}
	return ms, nil
}
