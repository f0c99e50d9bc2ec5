package guard_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/guard"
)

func explode(value any) error { panic(value) }

func TestAPanicIsAnErrorWithItsStack(t *testing.T) {
	err := guard.Do(func() error { return explode("no such queue") })
	require.EqualError(t, err, "panic: no such queue")
	require.Contains(t, guard.Stack(fmt.Errorf("read: %w", err)), "guard_test.explode")
	require.ErrorIs(t, guard.Do(func() error { return explode(io.EOF) }), io.EOF)
}

func TestWhatDoesNotPanicIsLeftAlone(t *testing.T) {
	require.NoError(t, guard.Do(func() error { return nil }))
	err := errors.New("refused")
	require.Equal(t, err, guard.Do(func() error { return err }))
	require.Empty(t, guard.Stack(err))
}
