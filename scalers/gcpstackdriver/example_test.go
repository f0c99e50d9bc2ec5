package gcpstackdriver_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/gcpstackdriver"
)

// A program that knows its source reads it with a typed Config. This one asks
// with the credentials of the process.
func Example() {
	config := gcpstackdriver.Config{
		ProjectID:              "shop",
		Filter:                 `metric.type = "loadbalancing.googleapis.com/https/request_count" AND resource.labels.url_map_name = "orders"`,
		FilterDuration:         5,
		AlignmentPeriodSeconds: 60,
		AlignmentAligner:       "rate",
		AlignmentReducer:       "sum",
		TargetValue:            50,
	}
	config.Identity = scalerkit.Identity{Provider: "gcp"}
	requests, err := gcpstackdriver.New(config, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer requests.Close()

	reading, err := requests.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the rate is not known
		return
	}
	fmt.Println(requests.Metric().Name, reading.Value, reading.IsActive(requests.Metric()))
}
