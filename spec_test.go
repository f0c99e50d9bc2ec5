package scalerkit_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

func TestConfigErrorsNameWhatTheyKnow(t *testing.T) {
	for want, e := range map[string]scalerkit.ConfigError{
		"trigger: p":                              {Problem: "p"},
		"trigger: k: p":                           {Key: "k", Problem: "p"},
		`trigger "n": k: p`:                       {Name: "n", Key: "k", Problem: "p"},
		"rabbitmq trigger: k: p":                  {Type: "rabbitmq", Key: "k", Problem: "p"},
		`rabbitmq trigger "a \"b\"\n": k: p`:      {Type: "rabbitmq", Name: "a \"b\"\n", Key: "k", Problem: "p"},
		`rabbitmq trigger "orders": no such luck`: {Type: "rabbitmq", Name: "orders", Problem: "no such luck"},
	} {
		require.EqualError(t, e, want)
	}
}

func TestConfigErrorsAreFoundWhereverTheyAre(t *testing.T) {
	a, b, c := scalerkit.ConfigError{Key: "a"}, scalerkit.ConfigError{Key: "b"}, scalerkit.ConfigError{Key: "c"}
	for name, s := range map[string]struct {
		err  error
		want []scalerkit.ConfigError
	}{
		"nil":               {nil, nil},
		"none":              {io.EOF, nil},
		"one":               {a, []scalerkit.ConfigError{a}},
		"wrapped":           {fmt.Errorf("open: %w", a), []scalerkit.ConfigError{a}},
		"joined":            {errors.Join(a, b), []scalerkit.ConfigError{a, b}},
		"wrapped when many": {fmt.Errorf("open: %w", fmt.Errorf("again: %w", errors.Join(a, b))), []scalerkit.ConfigError{a, b}},
		"nested":            {errors.Join(errors.Join(c, a), io.EOF, fmt.Errorf("%w and %w", b, io.EOF)), []scalerkit.ConfigError{c, a, b}},
	} {
		require.Equal(t, s.want, scalerkit.ConfigErrors(s.err), name)
	}

	var one scalerkit.ConfigError
	require.ErrorAs(t, errors.Join(io.EOF, a), &one)
	require.Equal(t, a, one)
}

func TestIdentitiesAreSetIfTheyNameAProvider(t *testing.T) {
	require.False(t, scalerkit.Identity{}.IsSet())
	require.False(t, scalerkit.Identity{Provider: "none", ID: "x"}.IsSet())
	require.True(t, scalerkit.Identity{Provider: "aws"}.IsSet())
}

func TestThrottledErrorsSayForHowLong(t *testing.T) {
	cause := fmt.Errorf("429: %w", io.EOF)
	for want, e := range map[string]*scalerkit.ThrottledError{
		"throttled for 1m30s: 429: EOF": {RetryAfter: 90 * time.Second, Err: cause},
		"throttled: 429: EOF":           {Err: cause},
		"throttled for 1s":              {RetryAfter: time.Second},
		"throttled":                     {},
	} {
		require.EqualError(t, e, want)
		wrapped := fmt.Errorf("get metrics: %w", e)
		require.ErrorIs(t, wrapped, scalerkit.ErrThrottled)
		require.NotErrorIs(t, wrapped, scalerkit.ErrDenied)
		require.Equal(t, e.Err != nil, errors.Is(wrapped, io.EOF))
		var found *scalerkit.ThrottledError
		require.ErrorAs(t, wrapped, &found)
		require.Same(t, e, found)
		require.Equal(t, e.Err, errors.Unwrap(e))
	}
}
