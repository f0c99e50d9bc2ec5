package azureeventhubs_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
)

// A program that knows its source reads it with a typed Config.
func Example() {
	orders, err := azureeventhubs.New(azureeventhubs.Config{
		EventHubNamespace:  "shop",
		EventHubName:       "orders",
		ConsumerGroup:      "billing",
		StorageAccountName: "shopcheckpoints",
		BlobContainer:      "orders",
		CheckpointStrategy: "blobMetadata",
		Entra:              azureeventhubs.Entra{Identity: scalerkit.Identity{Provider: "azure-workload"}},
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
	registry := scalerkit.NewRegistry(azureeventhubs.Driver())

	_, err := registry.Open(scalerkit.Spec{
		Type: "azure-eventhub",
		Name: "orders",
		Auth: scalerkit.Secrets(map[string]string{
			"connection": "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=reader;SharedAccessKey=c2VjcmV0",
		}),
		Metadata: map[string]string{
			"blobContainer":      "orders",
			"checkpointStrategy": "blobMetaData",
		},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// azure-eventhub trigger "orders": checkpointStrategy: "blobMetaData" is not one of azureFunction, blobMetadata, goSdk, dapr; did you mean "blobMetadata"?
	// azure-eventhub trigger "orders": eventHubName: is missing: the connection string has no EntityPath
	// azure-eventhub trigger "orders": storageConnection: is missing: give the connection string of the storage account with the checkpoints
}
