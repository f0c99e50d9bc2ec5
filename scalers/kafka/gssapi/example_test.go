package gssapi_test

import (
	"fmt"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/kafka/gssapi"
)

// A program that is told its sources, and lets them ask as users of Kerberos.
func Example() {
	registry := scalerkit.NewRegistry(kafka.Driver(func(c *kafka.Config) { c.Kerberos.GSSAPI = gssapi.Mechanisms }))

	_, err := registry.Open(scalerkit.Spec{
		Type:     "kafka",
		Name:     "orders",
		Metadata: map[string]string{"bootstrapServers": "kafka:9092", "consumerGroup": "workers", "topic": "orders", "sasl": "gssapi"},
		Auth:     scalerkit.Secrets(map[string]string{"username": "autoscaler", "realm": "EXAMPLE.COM", "password": "hunter2"}),
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// kafka trigger "orders": kerberosConfig: is missing: sasl gssapi needs it
}
