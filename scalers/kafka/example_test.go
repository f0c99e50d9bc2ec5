package kafka_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
)

// A program that knows its source reads it with a typed Config.
func Example() {
	orders, err := kafka.New(kafka.Config{
		Cluster: kafka.Cluster{
			BootstrapServers: []string{"localhost:9092"},
			SASL:             "scram_sha512",
			Username:         "autoscaler",
			Password:         scalerkit.NewSecret("hunter2"),
		},
		Lag: kafka.Lag{ConsumerGroup: "workers", Topics: []string{"orders"}, LagThreshold: 50},
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the lag is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
}

// A program that is told its sources opens them as KEDA's triggers.
func Example_trigger() {
	registry := scalerkit.NewRegistry(kafka.Driver(), kafka.ApacheDriver())

	_, err := registry.Open(scalerkit.Spec{
		Type: "kafka",
		Name: "orders",
		Metadata: map[string]string{
			"bootstrapServers":         "localhost",
			"consumerGroup":            "workers",
			"lagThreshold":             "fifty",
			"limitToPartitionsWithLag": "true",
		},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// kafka trigger "orders": bootstrapServers: has no port: want host:port
	// kafka trigger "orders": lagThreshold: "fifty" is not a whole number
	// kafka trigger "orders": limitToPartitionsWithLag: needs a topic
}
