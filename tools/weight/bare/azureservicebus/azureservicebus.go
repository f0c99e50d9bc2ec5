// Package azureservicebus reads the length of a queue with the client library
// alone, by a connection string or, given a host, by workload identity.
package azureservicebus

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	client, err := open(args[0])
	if err != nil {
		return nil, err
	}
	queue, err := client.GetQueueRuntimeProperties(ctx, program.Name, nil)
	if err != nil || queue == nil {
		return 0, err
	}
	return queue.ActiveMessageCount, nil
}

func open(namespace string) (*admin.Client, error) {
	options := &admin.ClientOptions{ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}}
	if strings.HasPrefix(namespace, "Endpoint=") {
		return admin.NewClientFromConnectionString(namespace, options)
	}
	credential, err := azidentity.NewWorkloadIdentityCredential(nil)
	if err != nil {
		return nil, err
	}
	return admin.NewClient(namespace, credential, options)
}
