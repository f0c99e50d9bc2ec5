package azuremonitor_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azuremonitor"
)

func Example() {
	messages, err := azuremonitor.New(azuremonitor.Config{
		API:               azuremonitor.API{Entra: azuremonitor.Entra{Identity: scalerkit.Identity{Provider: "azure-workload"}}},
		SubscriptionID:    "00000000-0000-0000-0000-000000000001",
		ResourceGroupName: "shop",
		ResourceURI:       "Microsoft.ServiceBus/namespaces/shop",
		MetricName:        "ActiveMessages",
		Aggregation:       "Average",
		TargetValue:       20,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer messages.Close()

	reading, err := messages.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the level is not known
		return
	}
	fmt.Println(messages.Metric().Name, reading.Value, "at", reading.Time)
}
