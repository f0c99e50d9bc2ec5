package mskiam_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/kafka/mskiam"
)

// A program asks Amazon MSK as the role that it runs in.
func Example() {
	orders, err := mskiam.New(kafka.Config{
		Cluster: kafka.Cluster{
			BootstrapServers: []string{"b-1.orders.c2.kafka.eu-west-1.amazonaws.com:9098"},
			TLSMode:          "enable",
			SASL:             "aws_msk_iam",
			AWS:              kafka.AWS{Region: "eu-west-1", Identity: scalerkit.Identity{Provider: "aws"}},
		},
		Lag: kafka.Lag{ConsumerGroup: "workers", Topics: []string{"orders"}},
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the lag is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
}

// A program that is told its sources lists these drivers in place of package
// kafka's.
func Example_trigger() {
	registry := scalerkit.NewRegistry(mskiam.Driver(), mskiam.ApacheDriver())

	_, err := registry.Open(scalerkit.Spec{
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
		Identity: scalerkit.Identity{Provider: "aws", Owner: "workload"},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// kafka trigger "orders": podIdentity: is that of the workload, but its service account has no role: annotate that with eks.amazonaws.com/role-arn
}
