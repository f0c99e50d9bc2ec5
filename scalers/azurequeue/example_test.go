package azurequeue_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azurequeue"
)

func Example() {
	orders, err := azurequeue.New(azurequeue.Config{
		Access:      azurequeue.Access{Connection: scalerkit.NewSecret(os.Getenv("STORAGE_CONNECTION"))},
		QueueName:   "orders",
		QueueLength: 10,
	}, scalerkit.Options{})
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

// In a cluster with Azure's workload identity there is no secret.
func Example_trigger() {
	orders, err := scalerkit.NewRegistry(azurequeue.Driver()).Open(scalerkit.Spec{
		Type:     "azure-queue",
		Metadata: map[string]string{"queueName": "orders", "accountName": "shop", "queueLengthStrategy": "visibleonly"},
		Identity: scalerkit.Identity{Provider: "azure-workload"},
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()
	fmt.Printf("%+v\n", orders.Metric())
	// Output:
	// {Name:azure-queue-orders Target:{Kind:AverageValue Value:5} Activation:0 InFlight:false}
}
