package httpsource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"
)

// ErrNotModified is wrapped by the error for the status 304, which only the answer
// to a conditional request has.
var ErrNotModified = errors.New("not modified")

// A Conditional keeps answers that have an ETag, decoded, and asks only whether they
// have changed when it is asked again. The zero value is ready to use. It may be used
// concurrently.
type Conditional[A any] struct {
	mu    sync.Mutex
	kept  map[string]kept[A] // by URL
	swept time.Time
}

type kept[A any] struct {
	etag   string
	answer A
	used   time.Time
}

// Do sends a GET request and returns what decode makes of the answer, or what it
// made of the last one if that has not changed since. Errors are as those of
// [Client.Do]. The answer is shared, and must not be changed.
func (k *Conditional[A]) Do(ctx context.Context, c *Client, r Request, decode func(*Response) (A, error)) (A, error) {
	k.mu.Lock()
	last, known := k.kept[r.URL]
	k.mu.Unlock()
	if known {
		r.Header = r.Header.Clone()
		if r.Header == nil {
			r.Header = make(http.Header)
		}
		r.Header.Set("If-None-Match", last.etag)
	}
	response, err := c.Do(ctx, r)
	switch {
	case known && errors.Is(err, ErrNotModified):
	case err != nil:
		return *new(A), err
	default:
		last.etag = response.Header.Get("ETag")
		if last.answer, err = decode(response); err != nil {
			return *new(A), fmt.Errorf("%v: the answer is not what it should be: %w", r, err)
		}
	}
	k.keep(r.URL, last)
	return last.answer, nil
}

// keep keeps an answer that can be asked for conditionally. From time to time it
// drops those that nobody has asked for of late.
func (k *Conditional[A]) keep(url string, answer kept[A]) {
	const late = 15 * time.Minute // triggers are read more often, as a rule
	now := time.Now()
	answer.used = now
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = make(map[string]kept[A])
	}
	if k.kept[url] = answer; answer.etag == "" {
		delete(k.kept, url)
	}
	if now.Sub(k.swept) > late {
		maps.DeleteFunc(k.kept, func(_ string, a kept[A]) bool { return now.Sub(a.used) > late })
		k.swept = now
	}
}
