package azure

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
	"github.com/scalerkit/scalerkit/internal/transport"
)

// HTTP is the client for all requests of one connection: to the service, and
// to the authority that gives out tokens.
type HTTP struct {
	client *http.Client
	own    *transport.Transport // nil if the client is the program's
	slots  chan struct{}        // for requests under way; nil if there is no bound
}

// NewHTTP returns the program's client if there is one in options, and
// otherwise one that holds at most that many connections to each host.
func NewHTTP(options scalerkit.Options, connections int) HTTP {
	if options.HTTPClient != nil {
		return HTTP{client: options.HTTPClient}
	}
	own := transport.New(transport.Config{Connections: connections}, options)
	return HTTP{own: own, slots: make(chan struct{}, connections), client: &http.Client{
		Transport: own,
		Timeout:   own.Timeout,
		// Azure does not redirect, and credentials must not go elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do sends a request, as http.Client does. It waits its turn before that, and
// not for a connection in the transport, where the time would be the request's
// own. The caller has to close the answer's body.
func (h HTTP) Do(r *http.Request) (*http.Response, error) {
	if h.slots == nil {
		return h.client.Do(r)
	}
	select {
	case h.slots <- struct{}{}:
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	release := sync.OnceFunc(func() { <-h.slots })
	response, err := h.client.Do(r)
	if err != nil {
		release()
		return nil, err
	}
	response.Body = &body{response.Body, release}
	return response, nil
}

// A body gives its request's slot back when it is closed.
type body struct {
	io.ReadCloser
	release func()
}

func (b *body) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}

// Close ends the connections, unless they are the program's.
func (h HTTP) Close() error {
	if h.own != nil {
		return h.own.Close()
	}
	return nil
}

// ClientOptions returns what the clients of Azure's SDK need to use h. They do
// not retry, since the next reading is the retry, and do not tell the service
// what they run on.
func (h HTTP) ClientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{
		Transport: h,
		Retry:     policy.RetryOptions{MaxRetries: -1},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}
}

// CheckIdentity returns a [scalerkit.ConfigError] unless the identity is one that
// Azure knows, or none.
func CheckIdentity(identity scalerkit.Identity) error {
	if identity.IsSet() && identity.Provider != provider {
		return scalerkit.ConfigError{Key: "podIdentity", Problem: fmt.Sprintf("%q is not one that Azure knows: use %s, or a connection string", identity.Provider, provider)}
	}
	return nil
}

// CheckAuthority returns a [scalerkit.ConfigError] if the pod's own token must not
// be sent to the identity's authority; see package cloudhosts.
func CheckAuthority(identity scalerkit.Identity, cloud cloudhosts.AzureCloud, options scalerkit.Options) error {
	if identity.AuthorityHost == "" {
		return nil
	}
	if err := cloud.Authority.Check(identity.AuthorityHost, options.IdentityEndpoints); err != nil {
		return scalerkit.ConfigError{Key: "identityAuthorityHost", Problem: err.Error()}
	}
	return nil
}
