package external

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// A client is a connection to an external scaler.
type client struct{ *rpc.Client }

// newClient returns a client that connects when it is first used.
func newClient(address string, config *tls.Config, options scalerkit.Options) (*client, error) {
	c, err := rpc.New(rpc.Config{Service: wire.Service, Address: address, Secure: rpc.TLS(config)}, options)
	return &client{c}, err
}

// call calls a method.
func (c *client) call(ctx context.Context, q question, method string, request, response rpc.Message) error {
	return q.explain(ctx, method, c.Call(ctx, method, request, response))
}

// explain says in which call an error came up, and wraps those that are to be
// told apart.
func (q question) explain(ctx context.Context, method string, err error) error {
	if errors.Is(err, errEnded) && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return rpc.Explain(ctx, method, err, q.shown)
}

// shown returns what a server says as an error may have it: the beginning, in one
// line, and without what the server was told from variables.
func (q question) shown(text string) string {
	const most = 300 // bytes
	text = line.Of(text)
	object, _ := q.ref.Decode() // it is ours
	for key, value := range object.Metadata {
		if secret := line.Of(value); secret != "" && strings.HasSuffix(key, "FromEnv") {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return line.Cut(text, most)
}
