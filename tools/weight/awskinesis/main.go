// Awskinesis reads the number of a stream's shards with scalerkit, or, given a
// lease table, how far its consumer is behind.
package main

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	config := awskinesis.Config{
		Account: awskinesis.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		StreamName: program.Name,
	}
	if args[2] != "" {
		config.Mode, config.IteratorAge, config.LeaseTable = "iteratorAge", 60, args[2]
	}
	scaler, err := awskinesis.New(config, scalerkit.Options{})
	if err != nil {
		return err
	}
	defer scaler.Close()
	reading, err := scaler.Read(ctx)
	return program.Weigh(reading.Value, err)
}
