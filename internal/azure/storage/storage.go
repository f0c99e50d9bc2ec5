// Package storage opens blob containers for the drivers that read them.
package storage

import (
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// An Account says where blobs are and how to get at them. It is comparable.
type Account struct {
	azure.Account
	Identity scalerkit.Identity // in place of a key or signature, if set
	Cloud    string             // of the Identity
}

// A Client reads the containers of one account. Its methods may be called
// concurrently.
type Client struct {
	http    azure.HTTP
	service *service.Client
	renews  bool // a new Client has a new token
	refused atomic.Bool
}

// Open returns a Client that holds at most that many connections. It does no
// I/O.
func Open(a Account, options scalerkit.Options, connections int) (*Client, error) {
	c := &Client{http: azure.NewHTTP(options, connections), renews: a.Identity.IsSet()}
	clientOptions := &service.ClientOptions{ClientOptions: c.http.ClientOptions()}
	var err error
	c.service, err = open(a, c.http, clientOptions)
	return c, err
}

func open(a Account, h azure.HTTP, options *service.ClientOptions) (*service.Client, error) {
	switch {
	case a.Identity.IsSet():
		credential, err := azure.NewCredential(a.Identity, a.Cloud, h)
		if err != nil {
			return nil, err
		}
		return service.NewClient(a.URL, credential, options)
	case a.Key.IsSet():
		credential, err := service.NewSharedKeyCredential(a.Name, a.Key.Reveal())
		if err != nil {
			return nil, err
		}
		return service.NewClientWithSharedKeyCredential(a.URL, credential, options)
	default:
		return service.NewClientWithNoCredential(a.URL+"?"+a.Signature.Reveal(), options)
	}
}

// Container returns the client for one container.
func (c *Client) Container(name string) *container.Client {
	return c.service.NewContainerClient(name)
}

// Explain returns an error of a container's client in scalerkit's terms, without
// secrets.
func (c *Client) Explain(err error) error {
	err = azure.Explain(err)
	if c.renews && azure.IsUnauthorized(err) {
		c.refused.Store(true)
	}
	return err
}

// IsClosed reports whether the service refused the token, which lasts an hour
// otherwise. To scalerkit.Share this means that it is time for a new Client.
func (c *Client) IsClosed() bool { return c.refused.Load() }

// Close ends the connections.
func (c *Client) Close() error { return c.http.Close() }
