package sources

import (
	"context"
	"fmt"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// blobObject lets replicas come as fast as they are called for: blobs do not
// come all at once.
const blobObject = `
apiVersion: v1
kind: Secret
metadata: {name: storage}
stringData: {connection: %q}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: storage}
spec:
  secretTargetRef:
  - parameter: connection
    name: storage
    key: connection
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: worker
spec:
  scaleTargetRef:
    name: worker
  pollingInterval: 5
  cooldownPeriod: 5
  maxReplicaCount: 30
  advanced:
    horizontalPodAutoscalerConfig:
      behavior: {scaleUp: {policies: [{type: Pods, value: 30, periodSeconds: 1}]}}
  triggers:
  - type: azure-blob
    metadata:
      blobContainerName: orders
      blobCount: "5"
    authenticationRef:
      name: storage
`

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
		manifest: fmt.Sprintf(blobObject, connection),
		replicas: 20,
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
