package githubrunner

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// Half of the hour has gone.
func TestWhetherTheRequestsWillLast(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for left, lasts := range map[int]bool{5000: true, 2500: true, 2499: false, 0: false} {
		var l limit
		require.Empty(t, l.note(now), "before there is an answer")
		h := headers(left, now.Add(30*time.Minute))
		l.update(http.StatusOK, h, "", now)
		require.Equal(t, lasts, l.note(now) == "", left)
		require.Empty(t, l.note(now.Add(30*time.Minute)), "there are new ones")
	}
	var l limit
	l.update(http.StatusOK, headers(4500, now.Add(time.Hour-time.Second)), "", now)
	require.Empty(t, l.note(now), "so few that it says nothing")
	l.update(http.StatusOK, headers(3900, now.Add(59*time.Minute)), "", now)
	require.Equal(t, "the 5000 requests that GitHub allows in an hour will not last until 12:59:00 UTC", l.note(now))
}

func headers(left int, reset time.Time) http.Header {
	h := make(http.Header)
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	return h
}

func TestWhenToWait(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	later := http.Header{"Retry-After": {"90"}}
	for name, c := range map[string]struct {
		status int
		header http.Header
		body   string
		want   time.Duration
	}{
		"nothing said":         {403, nil, "Resource not accessible", 0},
		"all are spent":        {403, headers(0, now.Add(time.Minute*7)), "", 7 * time.Minute},
		"the last one":         {200, headers(0, now.Add(time.Minute*7)), "", 7 * time.Minute},
		"not of rights":        {403, headers(7, now.Add(time.Minute*7)), "Resource not accessible", 0},
		"asked to":             {429, later, "", 90 * time.Second},
		"an error of its own":  {500, later, "", 0},
		"secondary":            {403, headers(7, now.Add(time.Hour)), "You have exceeded a secondary rate limit.", time.Minute},
		"a limit that is over": {403, headers(0, now), "", 0},
	} {
		var l limit
		l.update(c.status, c.header, c.body, now)
		err := l.wait(now)
		throttled := new(scalerkit.ThrottledError)
		require.Equal(t, c.want > 0, errors.As(err, &throttled), name)
		require.Equal(t, c.want, throttled.RetryAfter, name)
		require.NoError(t, l.wait(now.Add(c.want)), name)
	}
}
