package mongodb_test

import (
	"context"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/mongodb"
)

func Example() {
	orders, err := mongodb.New(mongodb.Config{
		Server: mongodb.Server{
			ConnectionString: scalerkit.NewSecret("mongodb://scaler:secret@localhost:27017/?authSource=admin"),
		},
		Database:   "shop",
		Collection: "orders",
		Query:      `{"state":"waiting"}`,
		Value:      10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: how many wait is not known
		return
	}
	log.Print(reading.Value, reading.IsActive(orders.Metric()))
}
