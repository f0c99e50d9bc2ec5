// Package awscloudwatch reads a metric with the client library alone, as the
// process or as a role.
package awscloudwatch

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
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
	return newest(ctx, cloudwatch.NewFromConfig(account))
}

func newest(ctx context.Context, client *cloudwatch.Client) (float64, error) {
	name := aws.String(program.Name)
	now := time.Now()
	data, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-5 * time.Minute)),
		EndTime:   &now,
		MetricDataQueries: []types.MetricDataQuery{{
			Id: aws.String("q"),
			MetricStat: &types.MetricStat{
				Metric: &types.Metric{Namespace: name, MetricName: name, Dimensions: []types.Dimension{{Name: name, Value: name}}},
				Period: aws.Int32(300),
				Stat:   aws.String("Average"),
			},
		}},
	})
	if err != nil || len(data.MetricDataResults[0].Values) == 0 {
		return 0, err
	}
	return data.MetricDataResults[0].Values[0], nil
}
