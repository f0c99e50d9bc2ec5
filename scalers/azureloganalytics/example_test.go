package azureloganalytics_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureloganalytics"
)

func Example() {
	exceptions, err := azureloganalytics.New(azureloganalytics.Config{
		API: azureloganalytics.API{
			TenantID:     "00000000-0000-0000-0000-000000000001",
			ClientID:     "00000000-0000-0000-0000-000000000002",
			ClientSecret: scalerkit.NewSecret(os.Getenv("CLIENT_SECRET")),
		},
		WorkspaceID: "00000000-0000-0000-0000-000000000003",
		Query:       "AppExceptions | where TimeGenerated > ago(5m) | count",
		Threshold:   10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer exceptions.Close()

	reading, err := exceptions.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the number is not known
		return
	}
	fmt.Println(exceptions.Metric().Name, reading.Value)
}
