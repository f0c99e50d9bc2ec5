package awskinesis_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
)

// A program that knows its source reads it with a typed Config. This one reads
// how far a consumer is behind, with the credentials of the process.
func Example() {
	config := awskinesis.Config{
		StreamName:  "orders",
		Mode:        "iteratorAge",
		LeaseTable:  "order-processor",
		IteratorAge: 120,
	}
	config.Region = "eu-west-1"
	config.Identity = scalerkit.Identity{Provider: "aws"}
	orders, err := awskinesis.New(config, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the age is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, "s", reading.IsActive(orders.Metric()))
}

// A program that is told its sources opens them as KEDA's triggers.
func Example_trigger() {
	registry := scalerkit.NewRegistry(awskinesis.Driver())

	_, err := registry.Open(scalerkit.Spec{
		Type: "aws-kinesis-stream",
		Name: "orders",
		Metadata: map[string]string{
			"awsRegion":  "eu-west-1",
			"streamName": "orders",
			"shardCount": "none",
			"leaseTable": "order-processor",
		},
		Identity: scalerkit.Identity{Provider: "aws"},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// aws-kinesis-stream trigger "orders": shardCount: "none" is not a whole number
	// aws-kinesis-stream trigger "orders": leaseTable: is for mode iteratorAge: set mode to that, or leave this out
}
