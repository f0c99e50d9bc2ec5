// Azureeventhubs counts the unprocessed events of a hub with scalerkit.
package main

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	scaler, err := azureeventhubs.New(azureeventhubs.Config{
		EventHubName:       program.Name,
		Connection:         scalerkit.NewSecret(args[0]),
		StorageConnection:  scalerkit.NewSecret(args[1]),
		BlobContainer:      program.Name,
		CheckpointStrategy: "blobMetadata",
	}, scalerkit.Options{})
	if err != nil {
		return err
	}
	defer scaler.Close()
	reading, err := scaler.Read(ctx)
	return program.Weigh(reading.Value, err)
}
