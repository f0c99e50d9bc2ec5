package postgresql_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/azuretoken"
	"github.com/scalerkit/scalerkit/scalers/postgresql"
)

// A program that knows its source reads it with a typed Config.
func Example() {
	orders, err := postgresql.New(postgresql.Config{
		Server: postgresql.Server{Connection: scalerkit.NewSecret("postgres://worker:hunter2@localhost/shop?sslmode=require")},
		Query:  "SELECT count(*) FROM orders WHERE state = 'new'",
		Target: 10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the level is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
}

// A program that lets triggers use Azure workload identity passes that to the
// driver. The token of the identity goes nowhere but to Azure.
func Example_identity() {
	registry := scalerkit.NewRegistry(postgresql.Driver(func(c *postgresql.Config) { c.Tokens = azuretoken.Tokens }))

	_, err := registry.Open(scalerkit.Spec{
		Type: "postgresql",
		Name: "orders",
		Metadata: map[string]string{
			"host":             "db.example.com",
			"port":             "5432",
			"userName":         "worker",
			"dbName":           "shop",
			"sslmode":          "require",
			"query":            "SELECT count(*) FROM orders WHERE state = 'new'",
			"targetQueryValue": "10",
		},
		Identity: scalerkit.Identity{Provider: "azure-workload"},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output:
	// postgresql trigger "orders": host: "db.example.com:5432" may not be sent the token of an identity: use *.postgres.database.azure.com, or let the administrator list it as an identity endpoint
}
