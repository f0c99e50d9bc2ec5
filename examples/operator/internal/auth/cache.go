package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda"
)

const (
	keep     = time.Minute      // for which an answer is used
	retry    = 10 * time.Second // after a failure; nothing is asked more often
	maxRetry = time.Hour        // whatever the source asks for
	forget   = 10 * time.Minute // after which nobody seems to ask any more
)

// A source is asked for all that it has for one authentication. It need not
// bear concurrent use.
type source interface {
	Read(context.Context) (store.Answer, error)
}

// A key is all that an answer depends on.
type key struct {
	source     string
	ref        keda.Ref // the authentication
	generation generation
	credential scalerkit.Secret
	identity   scalerkit.Identity
}

// A generation is a version of an object's spec. A change of its status, which
// lists the users, is not one.
type generation struct {
	uid    types.UID
	number int64
}

// A cache keeps what sources say, and asks each once for all who want to know.
type cache struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[key]*entry
}

// An entry is one source.
type entry struct {
	used time.Time // guarded by the cache's mu

	lock   *semaphore.Weighted // of one, who may use what follows
	source source
	end    time.Time // of what the source said last, zero for never
	result result
}

// A result is what a source answered.
type result struct {
	values  map[string]string
	expires time.Time // when to ask again
	stale   error     // why the values are older than they should be
	err     error     // why there are none
}

// get returns what a source says, or said not longer ago than keep. The source
// is opened when it is asked for the first time.
func (c *cache) get(ctx context.Context, k key, keep time.Duration, open func() (source, error)) result {
	e := c.entry(k)
	if e.lock.Acquire(ctx, 1) != nil {
		return result{err: context.Cause(ctx)}
	}
	defer e.lock.Release(1)
	if c.now().Before(e.result.expires) {
		return e.result
	}
	answer, err := e.read(ctx, open)
	if err != nil && ctx.Err() != nil {
		return result{err: err} // which says more about who asked than about the source
	}
	now := c.now()
	switch {
	case err == nil:
		expires := now.Add(keep)
		if renew := answer.Life.Renew; !renew.IsZero() && renew.Before(expires) {
			expires = renew
		}
		e.end = answer.Life.End
		e.result = result{values: answer.Values, expires: expires}
	case e.result.values != nil && isOutage(err) && (e.end.IsZero() || now.Before(e.end)):
		e.result.stale = err
	default:
		e.result = result{err: err}
	}
	if soon := now.Add(retryAfter(err)); e.result.expires.Before(soon) {
		e.result.expires = soon
	}
	return e.result
}

// retryAfter returns how long a source is left alone, which may ask for more.
func retryAfter(err error) time.Duration {
	if throttled := (*scalerkit.ThrottledError)(nil); errors.As(err, &throttled) {
		return max(retry, min(throttled.RetryAfter, maxRetry))
	}
	return retry
}

// isOutage reports whether err leaves open what the source would say.
func isOutage(err error) bool {
	return !errors.Is(err, scalerkit.ErrDenied) && !errors.Is(err, scalerkit.ErrNotFound)
}

func (e *entry) read(ctx context.Context, open func() (source, error)) (store.Answer, error) {
	if e.source == nil {
		opened, err := open()
		if err != nil {
			return store.Answer{}, err
		}
		e.source = opened
	}
	return e.source.Read(ctx)
}

// entry returns the entry for a key. Those that nobody asks for are forgotten.
func (c *cache) entry(k key) *entry {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[k]
	if e == nil {
		for other, e := range c.entries {
			if now.Sub(e.used) > forget {
				delete(c.entries, other)
			}
		}
		if c.entries == nil {
			c.entries = make(map[key]*entry)
		}
		e = &entry{lock: semaphore.NewWeighted(1)}
		c.entries[k] = e
	}
	e.used = now
	return e
}
