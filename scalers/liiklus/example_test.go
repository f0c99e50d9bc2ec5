package liiklus_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/liiklus"
)

func Example() {
	orders, err := liiklus.New(liiklus.Config{Address: "liiklus:6565", Topic: "orders", Group: "workers"}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the lag is not known
		return
	}
	fmt.Println(reading.Value, reading.IsActive(orders.Metric()), reading.Limit)
}
