package auth

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
)

// failing is a source that does not answer.
type failing struct{ err error }

func (f failing) Read(context.Context) (store.Answer, error) { return store.Answer{}, f.err }

func TestASourceIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	now := time.Unix(0, 0)
	for name, test := range map[string]struct {
		err  error
		want time.Duration
	}{
		"an outage":     {errors.New("down"), 10 * time.Second},
		"throttled":     {&scalerkit.ThrottledError{}, 10 * time.Second},
		"for a while":   {errors.Join(errors.New("down"), &scalerkit.ThrottledError{RetryAfter: 5 * time.Minute}), 5 * time.Minute},
		"for too short": {&scalerkit.ThrottledError{RetryAfter: time.Second}, 10 * time.Second},
		"for too long":  {&scalerkit.ThrottledError{RetryAfter: 24 * time.Hour}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			c := cache{now: func() time.Time { return now }}
			r := c.get(t.Context(), key{}, keep, func() (source, error) { return failing{test.err}, nil })
			require.Equal(t, result{err: test.err, expires: now.Add(test.want)}, r)
		})
	}
}
