package gcppubsub_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/gcppubsub"
)

// A program that knows its source reads it with a typed Config. This one asks
// with the credentials of the process.
func Example() {
	config := gcppubsub.Config{SubscriptionName: "projects/shop/subscriptions/orders", Value: 20}
	config.Identity = scalerkit.Identity{Provider: "gcp"}
	orders, err := gcppubsub.New(config, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the length is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, "as of", time.Since(reading.Time), "ago")
}
