package redis_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
)

// A program that knows its source reads it with a typed Config.
func Example() {
	orders, err := redis.New(redis.Config{
		Server:     redis.Server{Addresses: []string{"localhost:6379"}, Password: scalerkit.NewSecret("hunter2")},
		ListName:   "orders",
		ListLength: 10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the level is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
}

// A program that is told its sources opens them as KEDA's triggers.
func Example_trigger() {
	registry := scalerkit.NewRegistry(redis.Driver(), redis.StreamsDriver())

	_, err := registry.Open(scalerkit.Spec{
		Type: "redis",
		Name: "orders",
		Metadata: map[string]string{
			"address":    "localhost:6379",
			"listname":   "orders",
			"listLength": "ten",
		},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// redis trigger "orders": listLength: "ten" is not a whole number
	// redis trigger "orders": listname: is not a parameter of this trigger type; did you mean "listName"?
	// redis trigger "orders": listName: is missing: set it in the metadata
}
