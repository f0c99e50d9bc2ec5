package kafka_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// opened returns a function that takes what New returns, and closes it with
// the test.
func opened(t testing.TB) func(scalerkit.Scaler, error) scalerkit.Scaler {
	return func(s scalerkit.Scaler, err error) scalerkit.Scaler {
		t.Helper()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
}

func wantValue(t *testing.T, s scalerkit.Scaler, want float64) scalerkit.Reading {
	t.Helper()
	r, err := s.Read(context.Background())
	require.NoError(t, err)
	require.Equal(t, want, r.Value)
	return r
}

// wantError fails the test unless a reading fails with the text want, and is
// of the given class; nil stands for none.
func wantError(t *testing.T, s scalerkit.Scaler, class error, want string) {
	t.Helper()
	_, err := s.Read(context.Background())
	require.EqualError(t, err, want)
	for _, c := range []error{scalerkit.ErrDenied, scalerkit.ErrNotFound, scalerkit.ErrThrottled, scalerkit.ErrClosed} {
		if errors.Is(class, c) {
			require.ErrorIs(t, err, c)
		} else {
			require.NotErrorIs(t, err, c)
		}
	}
}
