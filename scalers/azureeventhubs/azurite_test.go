package azureeventhubs_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// TestSuiteOnAzurite has the checkpoints in a real server. What there is no
// server of is the hub.
func TestSuiteOnAzurite(t *testing.T) {
	connection := os.Getenv("SCALERKIT_TEST_AZURITE")
	if connection == "" {
		t.Skip("SCALERKIT_TEST_AZURITE is not set: run make test")
	}
	write := uploader(t, connection)
	for _, name := range []string{"BlobMetadata", "Dapr"} {
		t.Run(name, func(t *testing.T) {
			scalertest.Suite{Driver: azureeventhubs.Driver(), Start: func(tb testing.TB) scalertest.Source {
				return source(newFake(tb), accesses["Connection"], strategies[name], connection, write)
			}}.Run(t)
		})
	}
}

// TestBothSpellingsOnAzurite has a consumer that went from Go to .NET.
func TestBothSpellingsOnAzurite(t *testing.T) {
	connection := os.Getenv("SCALERKIT_TEST_AZURITE")
	if connection == "" {
		t.Skip("SCALERKIT_TEST_AZURITE is not set: run make test")
	}
	ctx, f, write := t.Context(), newFake(t), uploader(t, connection)
	f.set("orders", partition{0, 99, false})
	container := fmt.Sprintf("spellings-%d", time.Now().UnixNano())
	spec := accesses["Connection"].spec(f, key)
	spec.Type, spec.Metadata = "azure-eventhub", values{"eventHubName": "orders", "checkpointStrategy": "blobMetadata", "blobContainer": container}
	spec.Auth["storageConnection"] = scalerkit.NewSecret(connection)
	s, err := azureeventhubs.Driver().Open(spec, scalerkit.Options{})
	require.NoError(t, err)
	defer s.Close()

	r, err := s.Read(ctx)
	require.NoError(t, err)
	require.Equal(t, "container "+container+" does not exist: all events count", r.Note)
	for _, c := range []struct {
		strategy string
		sequence int64
	}{{"BlobMetadataInGo", 49}, {"BlobMetadata", 98}, {"BlobMetadataInGo", 99}} {
		_, name, b := strategies[c.strategy].write(checkpointPlace{f.host(), "orders", "$Default"}, "0", c.sequence)
		require.NoError(t, write(ctx, container, name, b))
		scalertest.WantValue(t, s, float64(99-c.sequence))
	}
}

// uploader returns a writer to a real storage account.
func uploader(t *testing.T, connection string) checkpointWriter {
	service := blobService(t, connection)
	return func(ctx context.Context, container, name string, b blob) error {
		client := service.NewContainerClient(container)
		if _, err := client.Create(ctx, nil); err != nil && !bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
			return err
		}
		metadata := make(map[string]*string)
		for key, value := range b.metadata {
			metadata[key] = &value
		}
		_, err := client.NewBlockBlobClient(name).UploadBuffer(ctx, []byte(b.body), &blockblob.UploadBufferOptions{Metadata: metadata})
		return err
	}
}

// blobService returns a client of the SDK that leaves nothing behind.
func blobService(tb testing.TB, connection string) *service.Client {
	transport := new(http.Transport)
	tb.Cleanup(transport.CloseIdleConnections)
	options := &service.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: &http.Client{Transport: transport}}}
	client, err := service.NewClientFromConnectionString(connection, options)
	require.NoError(tb, err)
	return client
}
