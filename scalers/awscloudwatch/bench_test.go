package awscloudwatch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads 1,000 metrics of the fake in turn by the bare SDK, in
// the fewest calls, and by as many triggers, and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const metrics, perCall = 1000, 500
	f := newFake(b)
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, metrics)
	for i := range scalers {
		name := fmt.Sprintf("bench-%d", i)
		f.set(metricKey(name), point{recent(), 3})
		scalers[i] = visible(b, f, pool, name, nil)
	}

	client := cloudwatch.NewFromConfig(sdk.Config{
		Region: awsfake.Region, BaseEndpoint: &f.URL,
		Credentials: credentials.NewStaticCredentialsProvider(keyID, secretKey, ""),
	})
	call := func(first int) {
		end := time.Now().Truncate(5 * time.Minute)
		in := &cloudwatch.GetMetricDataInput{StartTime: sdk.Time(end.Add(-10 * time.Minute)), EndTime: &end, ScanBy: types.ScanByTimestampDescending}
		for i := first; i < first+perCall; i++ {
			in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{
				Id: sdk.String(fmt.Sprintf("q%d", i)),
				MetricStat: &types.MetricStat{
					Metric: &types.Metric{
						Namespace: sdk.String("AWS/SQS"), MetricName: sdk.String("Visible"),
						Dimensions: []types.Dimension{{Name: sdk.String("QueueName"), Value: sdk.String(fmt.Sprintf("bench-%d", i))}},
					},
					Period: sdk.Int32(300), Stat: sdk.String("Average"),
				},
			})
		}
		out, err := client.GetMetricData(context.Background(), in)
		if err != nil || len(out.MetricDataResults) != perCall || out.MetricDataResults[perCall-1].Values[0] != 3 {
			b.Error(err)
		}
	}
	bare := func() {
		var calls sync.WaitGroup
		for first := 0; first < metrics; first += perCall {
			calls.Go(func() { call(first) })
		}
		calls.Wait()
		f.asked() // lest they pile up
	}
	ours := func() {
		results := scalerkit.ReadAll(context.Background(), scalers...)
		if r := results[metrics-1]; r.Err != nil || r.Reading.Value != 3 {
			b.Fatal(r)
		}
	}
	f.asked()
	ours()
	requests := len(f.asked())
	require.LessOrEqual(b, requests, (metrics+perCall-1)/perCall)

	scalertest.Compare(b, bare, ours)
	b.ReportMetric(float64(requests), "requests/round")
}
