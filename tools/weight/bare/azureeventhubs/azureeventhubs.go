// Package azureeventhubs counts the unprocessed events of a hub with the client
// library alone, by connection strings or, given a host and a URL, by workload
// identity.
package azureeventhubs

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azeventhubs/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azeventhubs/v2/checkpoints"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	s, err := open(args[0], args[1])
	if err != nil {
		return nil, err
	}
	return s.unprocessed(ctx)
}

// A source is a hub and its consumers' checkpoints.
type source struct {
	host  string
	hub   *azeventhubs.ConsumerClient
	blobs *container.Client
}

func open(namespace, storage string) (s source, err error) {
	options := &azeventhubs.ConsumerClientOptions{RetryOptions: azeventhubs.RetryOptions{MaxRetries: -1}}
	if !strings.HasPrefix(namespace, "Endpoint=") {
		return openAsWorkload(namespace, storage, options)
	}
	properties, err := azeventhubs.ParseConnectionString(namespace)
	if err != nil {
		return s, err
	}
	s.host = properties.FullyQualifiedNamespace
	if s.blobs, err = container.NewClientFromConnectionString(storage, program.Name, nil); err != nil {
		return s, err
	}
	s.hub, err = azeventhubs.NewConsumerClientFromConnectionString(namespace, program.Name, azeventhubs.DefaultConsumerGroup, options)
	return s, err
}

func openAsWorkload(host, account string, options *azeventhubs.ConsumerClientOptions) (s source, err error) {
	credential, err := azidentity.NewWorkloadIdentityCredential(nil)
	if err != nil {
		return s, err
	}
	s.host = host
	if s.blobs, err = container.NewClient(account+"/"+program.Name, credential, nil); err != nil {
		return s, err
	}
	s.hub, err = azeventhubs.NewConsumerClient(host, program.Name, azeventhubs.DefaultConsumerGroup, credential, options)
	return s, err
}

func (s source) unprocessed(ctx context.Context) (n int64, err error) {
	properties, err := s.hub.GetEventHubProperties(ctx, nil)
	if err != nil {
		return 0, err
	}
	for _, id := range properties.PartitionIDs {
		partition, err := s.hub.GetPartitionProperties(ctx, id, nil)
		if err != nil {
			return 0, err
		}
		n += partition.LastEnqueuedSequenceNumber + 1
	}
	store, err := checkpoints.NewBlobStore(s.blobs, nil)
	if err != nil {
		return 0, err
	}
	processed, err := store.ListCheckpoints(ctx, s.host, program.Name, azeventhubs.DefaultConsumerGroup, nil)
	for _, c := range processed {
		n -= *c.SequenceNumber + 1
	}
	return n, err
}
