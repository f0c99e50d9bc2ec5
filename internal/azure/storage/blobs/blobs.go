// Package blobs opens blob containers for the drivers that read them.
package blobs

import (
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
)

// A Client reads the containers of one account. Its methods may be called
// concurrently.
type Client struct {
	*storage.Client[*service.Client]
}

// Open returns a Client that holds at most that many connections. It does no
// I/O.
func Open(a storage.Account, options scalerkit.Options, connections int) (Client, error) {
	c, err := storage.Open(a, sdk, options, connections)
	return Client{c}, err
}

var sdk = storage.SDK[*service.Client]{
	ByToken: func(url string, credential azcore.TokenCredential, options azcore.ClientOptions) (*service.Client, error) {
		return service.NewClient(url, credential, &service.ClientOptions{ClientOptions: options})
	},
	ByKey: func(url, account, key string, options azcore.ClientOptions) (*service.Client, error) {
		credential, err := service.NewSharedKeyCredential(account, key)
		if err != nil {
			return nil, err
		}
		return service.NewClientWithSharedKeyCredential(url, credential, &service.ClientOptions{ClientOptions: options})
	},
	BySignature: func(url string, options azcore.ClientOptions) (*service.Client, error) {
		return service.NewClientWithNoCredential(url, &service.ClientOptions{ClientOptions: options})
	},
}

// Container returns the client for one container.
func (c Client) Container(name string) *container.Client {
	return c.Service.NewContainerClient(name)
}
