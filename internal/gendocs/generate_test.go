package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/scalers/all"
)

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	for name, want := range generate(all.Registry()) {
		got, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s is stale: run make generate", name)
	}
}
