package gcpcloudtasks_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/gcpcloudtasks"
)

// A program that knows its source reads it with a typed Config. This one asks
// with the credentials of the process.
func Example() {
	config := gcpcloudtasks.Config{ProjectID: "shop", QueueName: "orders", Value: 20}
	config.Identity = scalerkit.Identity{Provider: "gcp"}
	orders, err := gcpcloudtasks.New(config, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the depth is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
}
