package azureeventhubs_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azeventhubs/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound reads 200 hubs of 8 partitions and their checkpoints on the
// fakes, by as many triggers and by Azure's own clients, and reports the ratio
// of the two. Those have a connection to each hub.
func BenchmarkRound(b *testing.B) {
	const hubs, partitions = 200, 8
	ctx := context.Background()
	f := newFake(b)
	blobs := newBlobFake(b, f.authority)
	strategy := strategies["BlobMetadata"]
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	var bare []*azeventhubs.ConsumerClient
	storage := blobService(b, blobs.connection(accountKey))
	connection := accesses["Signature"].spec(f, key).Auth["connection"].Reveal()
	prefix := func(hub string) string { return f.host() + "/" + hub + "/$default/checkpoint/" }
	for i := range hubs {
		hub := fmt.Sprintf("hub-%d", i)
		f.set(hub, slices.Repeat([]partition{{0, 9, false}}, partitions)...)
		for p := range partitions {
			_, name, checkpoint := strategy.write(checkpointPlace{f.host(), hub, "$Default"}, fmt.Sprint(p), 8)
			blobs.put(hub, name, checkpoint)
		}
		s, err := registry().Open(scalerkit.Spec{
			Type:     "azure-eventhub",
			Metadata: values{"eventHubName": hub, "blobContainer": hub, "checkpointStrategy": "blobMetadata"},
			Auth:     scalerkit.Secrets(values{"connection": connection, "storageConnection": blobs.connection(accountKey)}),
		}, scalerkit.Options{Pool: pool})
		require.NoError(b, err)
		scalers = append(scalers, s)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		client, err := azeventhubs.NewConsumerClientFromConnectionString(connection, hub, azeventhubs.DefaultConsumerGroup, nil)
		require.NoError(b, err)
		bare = append(bare, client)
		b.Cleanup(func() { require.NoError(b, client.Close(ctx)) })
	}

	floor := func() {
		var wait sync.WaitGroup
		for i, client := range bare {
			wait.Go(func() {
				hub := fmt.Sprintf("hub-%d", i)
				if n := readBare(ctx, client, storage.NewContainerClient(hub), prefix(hub)); n != partitions {
					b.Error(hub, n)
				}
			})
		}
		wait.Wait()
		f.requests() // lest they pile up
		blobs.requests()
	}
	ours := func() {
		for i, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != partitions {
				b.Error(i, r)
			}
		}
	}
	f.connections()
	floor()
	bareConnections := f.connections()
	f.requests()
	blobs.requests()
	ours()
	oursConnections := f.connections()
	requests := len(f.requests()) + len(blobs.requests())

	scalertest.Compare(b, floor, ours)
	b.ReportMetric(float64(requests), "requests/round")
	b.ReportMetric(float64(bareConnections), "bare-conns")
	b.ReportMetric(float64(oursConnections), "ours-conns")
}

// readBare returns the unprocessed events of a hub.
func readBare(ctx context.Context, client *azeventhubs.ConsumerClient, checkpoints *container.Client, prefix string) (events int) {
	hub, err := client.GetEventHubProperties(ctx, nil)
	if err != nil {
		return -1
	}
	last := make([]int64, len(hub.PartitionIDs))
	var wait sync.WaitGroup
	for i, id := range hub.PartitionIDs {
		wait.Go(func() {
			p, err := client.GetPartitionProperties(ctx, id, nil)
			if err == nil {
				last[i] = p.LastEnqueuedSequenceNumber
			}
		})
	}
	wait.Wait()
	found := make(map[string]int64)
	for pager := checkpoints.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix, Include: container.ListBlobsInclude{Metadata: true}}); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return -1
		}
		for _, b := range page.Segment.BlobItems {
			var n int64
			_, _ = fmt.Sscan(*b.Metadata["sequencenumber"], &n) // 0 would not pass
			found[(*b.Name)[len(prefix):]] = n
		}
	}
	for i, id := range hub.PartitionIDs {
		events += int(last[i] - found[id])
	}
	return events
}
