package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/scalers/all"
)

const root = "../.."

// It opens the example of each page on the way.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	files, err := generate(root, all.Drivers())
	require.NoError(t, err)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s is stale: run make generate", name)
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "triggers", "*.md"))
	require.NoError(t, err)
	require.Len(t, pages, len(all.Drivers()), "docs/triggers has a page of a type that is gone: run make generate")
}
