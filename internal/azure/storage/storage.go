// Package storage is what the drivers for services of Azure's storage accounts
// have in common.
package storage

import (
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// An Account says where a service is and how to get at it. It is comparable.
type Account struct {
	azure.Account
	Principal azure.Principal // in place of a key or signature, if set
}

// An SDK makes clients of one service's package in Azure's SDK. Their type is C.
type SDK[C any] struct {
	ByToken     func(url string, credential azcore.TokenCredential, options azcore.ClientOptions) (C, error)
	ByKey       func(url, account, key string, options azcore.ClientOptions) (C, error)
	BySignature func(url string, options azcore.ClientOptions) (C, error) // which is in the URL
}

// A Client asks the service of one account. Its methods may be called
// concurrently.
type Client[C any] struct {
	Service C

	http    azure.HTTP
	renews  bool // a new Client has a new token
	refused atomic.Bool
}

// Open returns a Client that holds at most that many connections. It does no
// I/O.
func Open[C any](a Account, sdk SDK[C], options scalerkit.Options, connections int) (*Client[C], error) {
	c := &Client[C]{http: azure.NewHTTP(options, connections), renews: a.Principal.IsSet()}
	var err error
	c.Service, err = sdk.open(a, c.http)
	return c, err
}

func (s SDK[C]) open(a Account, h azure.HTTP) (client C, err error) {
	switch {
	case a.Principal.IsSet():
		credential, err := a.Principal.TokenCredential(h)
		if err != nil {
			return client, err
		}
		return s.ByToken(a.URL, credential, h.ClientOptions())
	case a.Key.IsSet():
		return s.ByKey(a.URL, a.Name, a.Key.Reveal(), h.ClientOptions())
	default:
		return s.BySignature(a.URL+"?"+a.Signature.Reveal(), h.ClientOptions())
	}
}

// Explain returns an error of the service's client in scalerkit's terms, without
// secrets.
func (c *Client[C]) Explain(err error) error {
	err = azure.Explain(err)
	if c.renews && azure.IsUnauthorized(err) {
		c.refused.Store(true)
	}
	return err
}

// IsClosed reports whether the service refused the token, which lasts an hour
// otherwise: then it is time for a new Client.
func (c *Client[C]) IsClosed() bool { return c.refused.Load() }

// Close ends the connections.
func (c *Client[C]) Close() error { return c.http.Close() }
