package mssql_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/mssql"
)

// A program that knows its source reads it with a typed Config.
func Example() {
	orders, err := mssql.New(mssql.Config{
		Server: mssql.Server{Connection: scalerkit.NewSecret("sqlserver://worker:hunter2@localhost?database=shop&encrypt=true")},
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
