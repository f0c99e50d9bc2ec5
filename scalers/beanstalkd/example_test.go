package beanstalkd_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/beanstalkd"
)

func Example() {
	orders, err := beanstalkd.New(beanstalkd.Config{
		Server: beanstalkd.Server{Address: "beanstalkd.shop:11300"},
		Tube:   "orders",
		Value:  20,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the number of jobs is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value)
}
