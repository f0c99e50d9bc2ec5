package azureblob_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
)

// A workload with at most 20 replicas is none the wiser for more than 20
// times its target.
func Example() {
	uploads, err := azureblob.New(azureblob.Config{
		BlobContainerName: "uploads",
		Access:            azureblob.Access{Connection: scalerkit.NewSecret(os.Getenv("STORAGE_CONNECTION"))},
		GlobPattern:       "incoming/*.jpg",
		BlobCount:         10,
		CountLimit:        10 * 20,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer uploads.Close()

	reading, err := uploads.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the level is not known
		return
	}
	fmt.Println(uploads.Metric().Name, reading.Value, reading.IsActive(uploads.Metric()))
}

// In a cluster with Azure's workload identity there is no secret.
func Example_trigger() {
	registry := scalerkit.NewRegistry(azureblob.Driver())

	uploads, err := registry.Open(scalerkit.Spec{
		Type: "azure-blob",
		Metadata: map[string]string{
			"blobContainerName": "uploads",
			"accountName":       "shop",
			"blobPrefix":        "incoming",
		},
		Identity: scalerkit.Identity{Provider: "azure-workload"},
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer uploads.Close()
	fmt.Printf("%+v\n", uploads.Metric())
	// Output:
	// {Name:azure-blob-uploads Target:{Kind:AverageValue Value:5} Activation:0 InFlight:true}
}
