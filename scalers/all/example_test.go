package all_test

import (
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/all"
)

// A program that is told its sources at run time opens whatever it is told,
// here a topic of Amazon MSK that is asked about in the role of the process.
func Example() {
	orders, err := all.Registry().Open(scalerkit.Spec{
		Type: "kafka",
		Name: "orders",
		Metadata: map[string]string{
			"bootstrapServers":  "b-1.orders.c2.kafka.eu-west-1.amazonaws.com:9098",
			"consumerGroup":     "workers",
			"topic":             "orders",
			"sasl":              "oauthbearer",
			"saslTokenProvider": "aws_msk_iam",
			"awsRegion":         "eu-west-1",
			"tls":               "enable",
		},
		Identity: scalerkit.Identity{Provider: "aws"},
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()
	fmt.Println(orders.Metric().Name, orders.Metric().Target.Value)
	// Output: kafka-orders 10
}
