// Redis reads the length of a list with scalerkit.
package main

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	scaler, err := redis.New(redis.Config{
		Server:   redis.Server{Addresses: args[:1], Password: scalerkit.NewSecret(args[1])},
		ListName: program.Name,
	}, scalerkit.Options{})
	if err != nil {
		return err
	}
	defer scaler.Close()
	reading, err := scaler.Read(ctx)
	return program.Weigh(reading.Value, err)
}
