package sources

import (
	"context"
	"fmt"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

func TestAzureBlob(t *testing.T) {
	connection := server(t, "SCALERKIT_TEST_AZURITE")
	client, err := container.NewClientFromConnectionString(connection, "orders", nil)
	require.NoError(t, err)
	_, err = client.Create(t.Context(), nil)
	require.NoError(t, err)
	each := func(ctx context.Context, do func(context.Context, string) error) error {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(8)
		for i := range messages {
			group.Go(func() error { return do(ctx, fmt.Sprint("order-", i)) })
		}
		return group.Wait()
	}
	source{
		trigger:    `type: azure-blob, metadata: {blobContainerName: orders, blobCount: "5"}`,
		parameters: map[string]string{"connection": connection},
		gradual:    true,
		replicas:   20,
		arrive: func(ctx context.Context) error {
			return each(ctx, func(ctx context.Context, name string) error {
				_, err := client.NewBlockBlobClient(name).UploadBuffer(ctx, []byte("hello"), nil)
				return err
			})
		},
		leave: func(ctx context.Context) error {
			return each(ctx, func(ctx context.Context, name string) error {
				_, err := client.NewBlobClient(name).Delete(ctx, nil)
				return err
			})
		},
	}.scales(t)
}
