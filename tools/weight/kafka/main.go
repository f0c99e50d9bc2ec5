// Kafka reads the lag of a consumer group with scalerkit.
package main

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	scaler, err := kafka.New(kafka.Config{
		Cluster: kafka.Cluster{
			BootstrapServers: args[:1],
			SASL:             args[1],
			Username:         args[2],
			Password:         scalerkit.NewSecret(args[3]),
			TLSMode:          args[4],
			OAuth:            kafka.OAuth{TokenURL: args[5]},
		},
		Lag: kafka.Lag{ConsumerGroup: program.Name, Topics: []string{program.Name}},
	}, scalerkit.Options{})
	if err != nil {
		return err
	}
	defer scaler.Close()
	reading, err := scaler.Read(ctx)
	return program.Weigh(reading.Value, err)
}
