package azurepipelines_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azurepipelines"
)

func Example() {
	jobs, err := azurepipelines.New(azurepipelines.Config{
		Access: azurepipelines.Access{
			OrganizationURL:     "https://dev.azure.com/shop",
			PersonalAccessToken: scalerkit.NewSecret(os.Getenv("AZP_TOKEN")),
		},
		PoolName:                "agents",
		Demands:                 []string{"maven", "docker"},
		FetchUnfinishedJobsOnly: true,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer jobs.Close()

	reading, err := jobs.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: how many there are is not known
		return
	}
	fmt.Println(jobs.Metric().Name, reading.Value, reading.IsActive(jobs.Metric()))
}
