package awssqs_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awssqs"
)

// A program that knows its source reads it with a typed Config. This one asks
// with the credentials of the process.
func Example() {
	config := awssqs.Config{
		QueueURL:    "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
		QueueLength: 10,
	}
	config.Region = "eu-west-1"
	config.Identity = scalerkit.Identity{Provider: "aws"}
	orders, err := awssqs.New(config, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the length is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
}
