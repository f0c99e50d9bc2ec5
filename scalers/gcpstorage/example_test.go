package gcpstorage_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/gcpstorage"
)

// A program that knows its source reads it with a typed Config. This one asks
// with the credentials of the process. A workload with at most 20 replicas is
// none the wiser for more than 20 times its target.
func Example() {
	config := gcpstorage.Config{BucketName: "uploads", BlobPrefix: "incoming/", TargetObjectCount: 10, MaxBucketItemsToScan: 10 * 20}
	config.Identity = scalerkit.Identity{Provider: "gcp"}
	uploads, err := gcpstorage.New(config, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer uploads.Close()

	reading, err := uploads.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: how many there are is not known
		return
	}
	fmt.Println(uploads.Metric().Name, reading.Value, reading.IsActive(uploads.Metric()))
}
