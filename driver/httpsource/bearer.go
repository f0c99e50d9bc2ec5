package httpsource

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit/internal/guard"
)

// tooLate is how long before its end a token is not used any more.
const tooLate = 10 * time.Second

// A Bearer is an [Authenticator] with tokens. It keeps a token until that expires
// or is refused. Whoever needs one while it is being fetched waits for the same
// attempt and shares its error.
type Bearer struct {
	fetch  func(context.Context) (string, time.Time, error)
	life   context.Context // ends with the Client
	cancel context.CancelFunc

	mu           sync.Mutex
	token        string // the current one, if any
	expires      time.Time
	attempt      *attempt // to fetch a token, if one is under way
	refusedToken string   // the last that was
}

type attempt struct {
	done    chan struct{} // closed when the fields below are set
	token   string
	expires time.Time
	err     error
}

// NewBearer returns a Bearer with the tokens that fetch returns, of which one with
// a zero time does not expire. The context that fetch gets lasts as long as the
// Bearer, lest an attempt ends with the request that began it.
func NewBearer(fetch func(context.Context) (token string, expires time.Time, err error)) *Bearer {
	b := &Bearer{fetch: fetch}
	b.life, b.cancel = context.WithCancel(context.Background())
	return b
}

// Authorize implements Authenticator.
func (b *Bearer) Authorize(ctx context.Context, r *http.Request) error {
	token, _, err := b.Token(ctx)
	if err == nil {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return err
}

// Secrets returns what is to be kept out of errors.
func (b *Bearer) Secrets() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return []string{b.token, b.refusedToken}
}

// Refused drops the token of a request that the server did not know, so that the
// next request has another. That a token may not do something is no reason.
func (b *Bearer) Refused(response *http.Response) {
	if response.StatusCode != http.StatusUnauthorized {
		return
	}
	b.Forget(strings.TrimPrefix(response.Request.Header.Get("Authorization"), "Bearer "))
}

// Forget is told a token that was refused, so that the next is another.
func (b *Bearer) Forget(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusedToken = token
	if b.token == token {
		b.token = ""
	}
}

// Close ends the attempt that is under way.
func (b *Bearer) Close() error {
	b.cancel()
	return nil
}

// Token returns the current token and when it expires, after fetching one if need
// be, for those whose requests are not a [Client]'s.
func (b *Bearer) Token(ctx context.Context) (token string, expires time.Time, err error) {
	b.mu.Lock()
	if b.token != "" && (b.expires.IsZero() || time.Until(b.expires) > tooLate) {
		defer b.mu.Unlock()
		return b.token, b.expires, nil
	}
	if b.attempt == nil {
		b.attempt = &attempt{done: make(chan struct{})}
		go b.try(b.attempt)
	}
	a := b.attempt
	b.mu.Unlock()

	select {
	case <-a.done:
		return a.token, a.expires, a.err
	case <-ctx.Done():
		return "", time.Time{}, context.Cause(ctx)
	}
}

func (b *Bearer) try(a *attempt) {
	err := guard.Do(func() (err error) {
		a.token, a.expires, err = b.fetch(b.life)
		return err
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	defer close(a.done)
	b.attempt, a.err = nil, err
	if err == nil {
		b.token, b.expires = a.token, a.expires
	}
}
