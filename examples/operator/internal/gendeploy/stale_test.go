package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository.
var root = filepath.Join("..", "..", "..", "..")

func TestFilesOfTheTypesAreUpToDate(t *testing.T) {
	needTool(t, "controller-gen")
	files, err := fromTypes(t.Context(), root)
	require.NoError(t, err)
	requireUpToDate(t, files)

	there, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(crdsDir), "*"))
	require.NoError(t, err)
	require.Len(t, there, len(files)-1, "a file of no type in %s", crdsDir)
}

func TestManifestIsUpToDate(t *testing.T) {
	needTool(t, "helm")
	files, err := fromChart(t.Context(), root)
	require.NoError(t, err)
	requireUpToDate(t, files)
}

func requireUpToDate(t *testing.T, files map[string][]byte) {
	t.Helper()
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s is stale: run make generate", name)
	}
}

// needTool skips the test if a program is not built.
func needTool(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "bin", name)); err != nil {
		t.Skipf("%v: make generate and make test build it", err)
	}
}
