package azureblob_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestSuiteOnServer(t *testing.T) {
	connection := os.Getenv("SCALERKIT_TEST_AZURITE")
	if connection == "" {
		t.Skip("SCALERKIT_TEST_AZURITE is not set: run make test")
	}
	_, serverKey, _ := strings.Cut(connection, "AccountKey=")
	for _, name := range []string{"Prefix", "Glob"} { // one for each kind of request
		t.Run(name, func(t *testing.T) {
			suiteOnServer(t, modes[name], connection,
				scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": connection})},
				scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": strings.Replace(connection, serverKey, storagetest.Wrong, 1)})},
				serverKey, storagetest.Wrong)
		})
	}
	t.Run("Signature", func(t *testing.T) {
		endpoint, signature := signedURL(t, connection)
		base := "BlobEndpoint=" + endpoint + ";SharedAccessSignature="
		bad := "sv=2024-11-04&sig=" + storagetest.Wrong
		suiteOnServer(t, modes["Top"], connection,
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": base + signature})},
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": base + bad})},
			signature, storagetest.Wrong)
	})
}

// signedURL returns the URL of the account and a signature for it.
func signedURL(t *testing.T, connection string) (endpoint, signature string) {
	client, err := service.NewClientFromConnectionString(connection, nil)
	require.NoError(t, err)
	whole, err := client.GetSASURL(sas.AccountResourceTypes{Container: true, Object: true, Service: true},
		sas.AccountPermissions{Read: true, List: true}, time.Now().Add(time.Hour), nil)
	require.NoError(t, err)
	endpoint, signature, _ = strings.Cut(whole, "?")
	return endpoint, signature
}

func suiteOnServer(t *testing.T, m mode, connection string, spec, denied scalerkit.Spec, secrets ...string) {
	t.Parallel()
	scalertest.Suite{Driver: azureblob.Driver(), Start: func(tb testing.TB) scalertest.Source {
		transport := &http.Client{Transport: new(http.Transport)}
		tb.Cleanup(transport.CloseIdleConnections)
		client, err := service.NewClientFromConnectionString(connection, &service.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport}})
		require.NoError(tb, err)
		s := &server{client: client, blobs: make(map[string]map[string]bool)}
		prefix := fmt.Sprintf("c%d-", time.Now().UnixNano())
		source := source(m, spec, denied, prefix, s.set)
		source.Secrets = secrets
		source.MaxConns = 8
		source.Levels = []float64{0, 1, 3, 8} // every blob has to be written
		return source
	}}.Run(t)
}

// A server sets what is in the containers of a real one.
type server struct {
	client *service.Client
	blobs  map[string]map[string]bool // by container: what is there
}

// set makes a container have these blobs.
func (s *server) set(ctx context.Context, name string, blobs []string) error {
	client := s.client.NewContainerClient(name)
	there := s.blobs[name]
	if there == nil {
		there = make(map[string]bool)
		s.blobs[name] = there
		if _, err := client.Create(ctx, nil); err != nil && !bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
			return err
		}
	}
	surplus := maps.Clone(there)
	var changes []func() error
	for _, b := range blobs {
		if delete(surplus, b); !there[b] {
			there[b] = true
			changes = append(changes, func() error {
				_, err := client.NewBlockBlobClient(b).UploadBuffer(ctx, []byte("x"), nil)
				return err
			})
		}
	}
	for b := range surplus {
		delete(there, b)
		changes = append(changes, func() error {
			_, err := client.NewBlobClient(b).Delete(ctx, nil)
			return err
		})
	}
	return sideBySide(changes)
}

// sideBySide calls all, a few at a time, and returns one of their errors.
func sideBySide(all []func() error) error {
	errs := make(chan error, len(all))
	slots := make(chan struct{}, 8)
	var wait sync.WaitGroup
	for _, f := range all {
		slots <- struct{}{}
		wait.Go(func() {
			errs <- f()
			<-slots
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
