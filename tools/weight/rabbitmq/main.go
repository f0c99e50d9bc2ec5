// Rabbitmq reads the length of a queue with scalerkit.
package main

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	scaler, err := rabbitmq.New(rabbitmq.Config{
		Connection: rabbitmq.Connection{Host: scalerkit.NewSecret(args[0])},
		QueueName:  program.Name,
	}, scalerkit.Options{})
	if err != nil {
		return err
	}
	defer scaler.Close()
	reading, err := scaler.Read(ctx)
	return program.Weigh(reading.Value, err)
}
