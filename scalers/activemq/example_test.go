package activemq_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/activemq"
)

func Example() {
	orders, err := activemq.New(activemq.Config{
		Endpoint:  "activemq.shop.svc:8161",
		Broker:    "localhost",
		Queue:     "orders",
		Username:  "admin",
		Password:  scalerkit.NewSecret("from a vault"),
		QueueSize: 50,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the size is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value)
}

func ExampleNewArtemis() {
	orders, err := activemq.NewArtemis(activemq.ArtemisConfig{
		RESTAPI: `https://artemis.shop.svc:8443/console/jolokia/read/org.apache.activemq.artemis:broker="<<brokerName>>",` +
			`component=addresses,address="<<brokerAddress>>",subcomponent=queues,routing-type="anycast",queue="<<queueName>>"/MessageCount`,
		Broker:   "amq",
		Address:  "orders",
		Queue:    "orders",
		Username: "admin",
		Password: scalerkit.NewSecret("from a vault"),
	}, scalerkit.Options{})
	fmt.Println(err)
	if err == nil {
		orders.Close()
	}
	// Output: <nil>
}
