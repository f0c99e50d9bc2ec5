// Awscloudwatch reads a metric with scalerkit.
package main

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awscloudwatch"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	scaler, err := awscloudwatch.New(awscloudwatch.Config{
		Account: awscloudwatch.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		Namespace:         program.Name,
		MetricName:        program.Name,
		DimensionName:     program.Name,
		DimensionValue:    program.Name,
		TargetMetricValue: 1,
		MinMetricValue:    new(float64),
	}, scalerkit.Options{})
	if err != nil {
		return err
	}
	defer scaler.Close()
	reading, err := scaler.Read(ctx)
	return program.Weigh(reading.Value, err)
}
