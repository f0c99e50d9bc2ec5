package githubrunner

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A limit is how many requests GitHub allows in an hour, of all who use the same
// credentials, as its last answer had it.
type limit struct {
	mu     sync.Mutex
	most   int64     // 0: not known
	left   int64     // of these
	reset  time.Time // when all are there again
	closed time.Time // until then there is to be no request
}

// update looks at an answer.
func (l *limit) update(status int, h http.Header, body string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var n [3]int64
	for i, name := range []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"} {
		n[i], _ = strconv.ParseInt(h.Get(name), 10, 64) // 0 if it does not say
	}
	if n[0] > 0 && n[2] > 0 {
		l.most, l.left, l.reset = n[0], n[1], time.Unix(n[2], 0)
		if l.left <= 0 {
			l.closed = l.reset
		}
	}
	if status == http.StatusForbidden || status == http.StatusTooManyRequests {
		switch pause := httpsource.RetryAfter(h, now); {
		case pause > 0:
			l.closed = now.Add(pause)
		case strings.Contains(body, "secondary rate limit"):
			l.closed = now.Add(time.Minute) // as GitHub's documentation asks for
		}
	}
}

// wait returns an error while there is to be no request.
func (l *limit) wait(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed.After(now) {
		return nil
	}
	return &scalerkit.ThrottledError{RetryAfter: l.closed.Sub(now), Err: fmt.Errorf("GitHub takes no more requests until %s", clock(l.closed))}
}

// note says that the requests will not last until there are new ones, if a good
// part of them is spent, and the rest goes as fast.
func (l *limit) note(now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const window = time.Hour
	spent, gone := float64(l.most-l.left), window-l.reset.Sub(now)
	if spent < float64(l.most)/5 || gone >= window || spent*float64(window) <= float64(l.most)*float64(gone) {
		return ""
	}
	return fmt.Sprintf("the %d requests that GitHub allows in an hour will not last until %s", l.most, clock(l.reset))
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }
