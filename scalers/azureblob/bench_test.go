package azureblob_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound lists 1,000 containers of the fake in turn by the bare SDK,
// over as many connections, and by as many triggers, and reports the ratio of
// the two. The service has no request for several containers.
func BenchmarkRound(b *testing.B) {
	const containers, blobs, connections = 1000, 10, 8
	ctx := context.Background()
	f := newFake(b)
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, containers)
	name := func(i int) string { return fmt.Sprintf("bench-%d", i) }
	for i := range scalers {
		fill(f, name(i), blobs)
		s, err := azureblob.Driver().Open(trigger(storagetest.WithConnection(f.Server, "AccountKey="+storagetest.Key), mode{metadata: values{"recursive": "true"}}, name(i)), scalerkit.Options{Pool: pool})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		scalers[i] = s
	}
	transport := &http.Client{Transport: &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}}
	b.Cleanup(transport.CloseIdleConnections)
	client, err := service.NewClientFromConnectionString(f.Connection("AccountKey="+storagetest.Key), &service.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport}})
	require.NoError(b, err)

	list := func(i int) {
		prefix, n := "", 0
		pager := client.NewContainerClient(name(i)).NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix})
		for pager.More() {
			page, err := pager.NextPage(ctx)
			if err != nil {
				b.Error(err)
				return
			}
			n += len(page.Segment.BlobItems)
		}
		if n != blobs {
			b.Error(n)
		}
	}
	bare := func() { each.Do(containers, connections, list) }
	ours := func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != blobs {
				b.Error(r)
			}
		}
	}
	f.Count()
	ours()
	requests := f.Count()
	require.Equal(b, containers, requests)

	scalertest.Compare(b, bare, ours)
	b.ReportMetric(float64(requests), "requests/round")
}
