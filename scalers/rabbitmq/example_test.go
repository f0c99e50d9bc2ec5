package rabbitmq_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
)

// A program that knows its source reads it with a typed Config.
func Example() {
	orders, err := rabbitmq.New(rabbitmq.Config{
		Connection: rabbitmq.Connection{Host: scalerkit.NewSecret("amqp://guest:guest@localhost:5672/shop")},
		QueueName:  "orders",
		Mode:       "QueueLength",
		Value:      10,
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
	registry := scalerkit.NewRegistry(rabbitmq.Driver())

	_, err := registry.Open(scalerkit.Spec{
		Type: "rabbitmq",
		Name: "orders",
		Metadata: map[string]string{
			"queueName": "orders",
			"mode":      "QueueLenght",
			"value":     "10",
			"username":  "shop",
		},
		Auth: scalerkit.Secrets(map[string]string{"host": "rabbitmq:5672"}),
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// rabbitmq trigger "orders": mode: "QueueLenght" is not one of QueueLength, MessageRate, DeliverGetRate, PublishedToDeliveredRatio, ExpectedQueueConsumptionTime; did you mean "QueueLength"?
	// rabbitmq trigger "orders": username: cannot be given in the metadata: let the authentication deliver it, or name an environment variable in usernameFromEnv
	// rabbitmq trigger "orders": host: is not a URL such as amqp://user:password@rabbitmq:5672/vhost; special characters in user and password have to be escaped, or these be given as username and password
}
