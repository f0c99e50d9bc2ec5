package awsdynamodb_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awsdynamodb"
)

// A program that knows its source reads it with a typed Config. This one counts
// the open orders of a table, and asks with the credentials of the process.
func Example() {
	config := awsdynamodb.Config{
		TableName:                 "orders",
		KeyConditionExpression:    "#state = :state",
		ExpressionAttributeNames:  `{"#state": "state"}`,
		ExpressionAttributeValues: `{":state": {"S": "open"}}`,
		TargetValue:               10,
	}
	config.Region = "eu-west-1"
	config.Identity = scalerkit.Identity{Provider: "aws"}
	open, err := awsdynamodb.New(config, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer open.Close()

	reading, err := open.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: how many are open is not known
		return
	}
	fmt.Println(open.Metric().Name, reading.Value, reading.IsActive(open.Metric()))
}
