// Package azureblob counts the blobs in a container with the client library alone,
// by a connection string or, given a URL, by workload identity.
package azureblob

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	client, err := open(args[0])
	if err != nil {
		return nil, err
	}
	return count(ctx, client)
}

func open(account string) (*container.Client, error) {
	if !strings.HasPrefix(account, "https:") {
		return container.NewClientFromConnectionString(account, program.Name, nil)
	}
	credential, err := azidentity.NewWorkloadIdentityCredential(nil)
	if err != nil {
		return nil, err
	}
	return container.NewClient(account+"/"+program.Name, credential, nil)
}

func count(ctx context.Context, client *container.Client) (n int, err error) {
	for pages := client.NewListBlobsHierarchyPager("/", nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		n += len(page.Segment.BlobItems)
	}
	return n, nil
}
