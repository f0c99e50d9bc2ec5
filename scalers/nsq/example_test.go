package nsq_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nsq"
)

func Example() {
	orders, err := nsq.New(nsq.Config{
		Cluster: nsq.Cluster{Lookupds: []string{"nsqlookupd-0.nsq:4161", "nsqlookupd-1.nsq:4161"}},
		Topic:   "orders",
		Channel: "workers",
		Depth:   50,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the depth is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value)
}
