package huaweicloudeye_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/huaweicloudeye"
)

// A program that knows its source reads it with a typed Config.
func Example() {
	queries, err := huaweicloudeye.New(huaweicloudeye.Config{
		Account: huaweicloudeye.Account{
			Region:    "ap-southeast-1",
			ProjectID: "41f6bfe48d7f4455b7754f7c1b11ae34",
			AccessKey: os.Getenv("ACCESS_KEY"),
			SecretKey: scalerkit.NewSecret(os.Getenv("SECRET_KEY")),
		},
		Namespace:         "SYS.ELB",
		MetricName:        "mb_l7_qps",
		DimensionName:     "lbaas_instance_id",
		DimensionValue:    "5e052238-0346-47b0-86ea-92d9f33e29d2",
		TargetMetricValue: 100,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer queries.Close()

	reading, err := queries.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the rate is not known
		return
	}
	fmt.Println(queries.Metric().Name, reading.Value, reading.IsActive(queries.Metric()))
}
