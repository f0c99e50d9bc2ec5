package missing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/missing"
)

func TestError(t *testing.T) {
	err := fmt.Errorf("reading: %w", missing.Error("there is no such Secret"))
	require.EqualError(t, err, "reading: there is no such Secret")
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
	require.NotErrorIs(t, err, scalerkit.ErrDenied)
}

func TestList(t *testing.T) {
	require.Equal(t, "none", missing.List(nil))
	require.Equal(t, "a, b", missing.List([]string{"a", "b"}))
	require.Equal(t, strings.Repeat("x, ", 19)+"x and 3 more", missing.List(strings.Split(strings.Repeat("x", 23), "")))
}
