package aws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/transport"
)

// Connections is how many connections a Session holds to each host, and so how
// many requests are worth sending side by side, unless OpenWide says otherwise.
const Connections = 2

// A Session is what the clients of services are made of. They share its
// connections and its credentials.
type Session struct {
	// Config is for NewFromConfig of a service's package.
	Config sdk.Config

	own    *transport.Transport
	chain  chain
	caches []*sdk.CredentialsCache
	life   context.Context // ends with the Session
	end    context.CancelFunc

	mu        sync.Mutex
	forgotten time.Time // when credentials were last forgotten
}

// Open returns a Session. It does no I/O.
func (k Key) Open(options scalerkit.Options) *Session { return k.OpenWide(Connections, options) }

// OpenWide is Open for services that have to be asked about each thing by itself:
// the Session holds so many connections to each host.
func (k Key) OpenWide(connections int, options scalerkit.Options) *Session {
	s := &Session{own: transport.New(transport.Config{Connections: connections}, options)}
	s.life, s.end = context.WithCancel(context.Background())
	client := options.HTTPClient
	if client == nil {
		client = newClient(s.own)
	}
	s.Config = sdk.Config{Region: k.region, HTTPClient: sender{client}, Retryer: noRetry}
	s.Config = s.At(k.endpoint)
	s.chain = newChain(k.region, s.own, options)
	s.Config.Credentials = s.credentials(k.who)
	return s
}

// At returns the Config for another service, which has the endpoint, or
// Amazon's for the region if that is empty.
func (s *Session) At(endpoint string) sdk.Config {
	config := s.Config
	if config.BaseEndpoint = nil; endpoint != "" {
		config.BaseEndpoint = &endpoint
	}
	return config
}

// Close ends the fetching of credentials, which the SDK goes on with when nobody
// waits for them any more, and the connections.
func (s *Session) Close() error {
	s.end()
	return errors.Join(s.chain.Close(), s.own.Close())
}

// Credentials returns what requests are signed with, for those whose requests
// are not the SDK's. After an error of theirs that wraps scalerkit.ErrDenied,
// they have to call Forget.
func (s *Session) Credentials(ctx context.Context) (sdk.Credentials, error) {
	found, err := s.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return sdk.Credentials{}, s.Explain(err)
	}
	return found, nil
}

// Forget makes the next request fetch credentials anew. They may have been
// renewed where they come from long before they expire. When a thousand
// requests are refused, that is no reason to fetch them a thousand times.
func (s *Session) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.forgotten) >= time.Second {
		s.forgotten = now
		for _, cache := range s.caches {
			cache.Invalidate()
		}
	}
}

// noRetry leaves retrying to whoever reads again.
func noRetry() sdk.Retryer { return sdk.NopRetryer{} }

// newClient returns a client that follows no redirect: a signature is for one
// host, and nobody else's business.
func newClient(own *transport.Transport) *http.Client {
	return &http.Client{
		Timeout:       own.Timeout,
		Transport:     own,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A sender sends requests for the SDK. The SDK closes a request's body once it
// has the answer, and WriteTo of a body that is closed fails. If the answer is
// quick, package net/http is just making sure by WriteTo that there was no more
// to send, and would give up a sound connection over that. So the sender keeps
// WriteTo from it.
type sender struct{ client *http.Client }

// Do implements sdk.HTTPClient.
func (s sender) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return s.client.Do(r)
}
