package awskinesis_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads the open shards of 1,000 streams of the fake in turn by
// the bare SDK, over as many connections, and by as many triggers, and reports
// the ratio of the two. Kinesis has no request for several streams.
func BenchmarkRound(b *testing.B) {
	const streams, shards = 1000, 3
	ctx := context.Background()
	f := newFake(b)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, streams)
	name := func(i int) string { return fmt.Sprintf("bench-%d", i) }
	for i := range scalers {
		f.set(name(i), make([]shard, shards)...)
		config := awskinesis.Config{StreamName: name(i)}
		config.Region, config.Endpoint = awsfake.Region, f.URL
		config.AccessKeyID, config.SecretAccessKey = keyID, scalerkit.NewSecret(secretKey)
		s, err := awskinesis.New(config, options)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		scalers[i] = s
	}
	config := configFor(b, f.URL)
	transport := &http.Transport{MaxConnsPerHost: aws.Connections, MaxIdleConnsPerHost: aws.Connections}
	b.Cleanup(transport.CloseIdleConnections)
	config.HTTPClient = &http.Client{Transport: transport}
	client := kinesis.NewFromConfig(config)

	bare := func() {
		each.Do(streams, aws.Connections, func(i int) {
			stream := name(i)
			out, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
			if err != nil || *out.StreamDescriptionSummary.OpenShardCount != shards {
				b.Error(err)
			}
		})
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != shards {
				b.Error(r)
			}
		}
	}
	f.requests()
	ours()
	requests := len(f.requests())
	require.Equal(b, streams, requests)

	scalertest.Compare(b, bare, ours)
	b.ReportMetric(float64(requests), "requests/round")
}
