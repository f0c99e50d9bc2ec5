package awscloudwatch_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awscloudwatch"
)

// A program that knows its source reads it with a typed Config. An identity of
// provider "aws" asks with the credentials of the process.
func Example() {
	none := 0.0
	config := awscloudwatch.Config{
		Namespace:         "AWS/SQS",
		MetricName:        "ApproximateNumberOfMessagesVisible",
		DimensionName:     "QueueName",
		DimensionValue:    "orders",
		MetricStat:        "Maximum",
		TargetMetricValue: 10,
		MinMetricValue:    &none,
	}
	config.Region = "eu-west-1"
	config.Identity = scalerkit.Identity{Provider: "aws"}
	orders, err := awscloudwatch.New(config, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the level is not known
		return
	}
	fmt.Println(reading.Value, reading.IsActive(orders.Metric()), "since", reading.Time)
}

// A program that is told its sources opens them as KEDA's triggers.
func Example_trigger() {
	registry := scalerkit.NewRegistry(awscloudwatch.Driver())

	_, err := registry.Open(scalerkit.Spec{
		Type: "aws-cloudwatch",
		Name: "orders",
		Metadata: map[string]string{
			"awsRegion":            "eu-west-1",
			"namespace":            "AWS/SQS",
			"metricName":           "ApproximateNumberOfMessagesVisible",
			"dimensionName":        "QueueName",
			"targetMetricValue":    "10",
			"minMetricValue":       "0",
			"metricCollectionTime": "60",
		},
		Identity: scalerkit.Identity{Provider: "aws"},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// aws-cloudwatch trigger "orders": dimensionValue: is missing: dimensionName has names, and each needs its value
	// aws-cloudwatch trigger "orders": metricCollectionTime: 60 is not a multiple of metricStatPeriod, which is 300
}
