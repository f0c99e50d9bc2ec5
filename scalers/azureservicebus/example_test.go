package azureservicebus_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
)

// Messages that are not due yet count too, so that replicas are there when
// they are.
func Example() {
	orders, err := azureservicebus.New(azureservicebus.Config{
		QueueName:     "orders",
		Connection:    scalerkit.NewSecret(os.Getenv("SERVICEBUS_CONNECTION")),
		MessageStates: []string{"active", "scheduled"},
		MessageCount:  10,
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

// A trigger watches one thing, and says so if it is told to watch two.
func Example_trigger() {
	registry := scalerkit.NewRegistry(azureservicebus.Driver())

	_, err := registry.Open(scalerkit.Spec{
		Type: "azure-servicebus",
		Name: "orders",
		Metadata: map[string]string{
			"queueName": "orders",
			"topicName": "events",
			"namespace": "shop",
		},
		Identity: scalerkit.Identity{Provider: "azure-workload"},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// azure-servicebus trigger "orders": topicName: and queueName are both set: a trigger watches a queue or a subscription
}
