package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxLines is as long as a file may get that somebody is to read.
const maxLines = 400

func TestFilesAreShort(t *testing.T) {
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "bin", "node_modules"}, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || d.Name() == "CHANGELOG.md" || !slices.Contains([]string{".go", ".md", ".sh"}, filepath.Ext(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		generated := bytes.Contains(text[:min(len(text), 200)], []byte("enerated by"))
		if lines := bytes.Count(text, []byte("\n")); lines > maxLines && !generated {
			t.Errorf("%s has %d lines, more than %d", path, lines, maxLines)
		}
		return nil
	}))
}
