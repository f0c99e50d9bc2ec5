package temporal_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/temporal"
)

// The workers of one version, which stay while its workflows run.
func Example() {
	workers, err := temporal.New(temporal.Config{
		Server:         temporal.Server{Endpoint: "temporal-frontend:7233"},
		Namespace:      "shop",
		TaskQueue:      "orders",
		DeploymentName: "workers",
		BuildID:        "v2",
		CountWorkflows: true,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer workers.Close()

	reading, err := workers.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the backlog is not known
		return
	}
	fmt.Println(reading.Value, reading.IsActive(workers.Metric()), reading.Note)
}
