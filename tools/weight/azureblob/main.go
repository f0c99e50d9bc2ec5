// Azureblob counts the blobs in a container with scalerkit.
package main

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	scaler, err := azureblob.New(azureblob.Config{
		BlobContainerName: program.Name,
		Connection:        scalerkit.NewSecret(args[0]),
	}, scalerkit.Options{})
	if err != nil {
		return err
	}
	defer scaler.Close()
	reading, err := scaler.Read(ctx)
	return program.Weigh(reading.Value, err)
}
