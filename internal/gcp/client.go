package gcp

import (
	"context"
	"errors"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A Client asks one of Google's services on behalf of all triggers with one
// Access.
type Client struct {
	*httpsource.Client
	who *Authenticator
}

// Open returns a Client with tokens for a scope, which holds so many connections
// to each host at most. It does no I/O.
func (a *Access) Open(scope string, connections int, options scalerkit.Options) (*Client, error) {
	who := a.Principal().Authenticator(scope, options)
	client, err := httpsource.New(httpsource.Settings{
		Connections: connections,
		Identity:    func() httpsource.Authenticator { return who },
		Classify:    Classify,
	}, options)
	if err != nil {
		return nil, errors.Join(err, who.Close())
	}
	return &Client{client, who}, nil
}

// Project returns the project that goes with who asks.
func (c *Client) Project(ctx context.Context) (string, error) { return c.who.Project(ctx) }
