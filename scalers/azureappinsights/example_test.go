package azureappinsights_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureappinsights"
)

func Example() {
	depth, err := azureappinsights.New(azureappinsights.Config{
		API:                   azureappinsights.API{Entra: azureappinsights.Entra{Identity: scalerkit.Identity{Provider: "azure-workload"}}},
		ApplicationInsightsID: "00000000-0000-0000-0000-000000000001",
		MetricID:              "customMetrics/queue-depth",
		Timespan:              "0:5",
		Aggregation:           "avg",
		TargetValue:           20,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer depth.Close()

	reading, err := depth.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the depth is not known
		return
	}
	fmt.Println(depth.Metric().Name, reading.Value, reading.Note)
}
