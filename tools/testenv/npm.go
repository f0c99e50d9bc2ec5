package main

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// lockfiles has a directory for each server that comes from npm, with its
// package.json and the package-lock.json that pins all it depends on.
//
//go:embed npm
var lockfiles embed.FS

var npmPackages = debian{
	packages: []string{"nodejs", "npm"},
	programs: []string{"node", "npm"},
}

// npm returns the path of a program of the named server, after installing it
// in the user's cache if it is not there yet.
func (h *host) npm(ctx context.Context, server, program string) (string, error) {
	source, err := fs.Sub(lockfiles, "npm/"+server)
	if err != nil {
		return "", err
	}
	lock, err := fs.ReadFile(source, "package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "scalerkit", "npm", fmt.Sprintf("%s-%x", server, sha256.Sum256(lock))[:len(server)+17])
	path := filepath.Join(dir, "node_modules", ".bin", program)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := npmInstall(ctx, source, dir); err != nil {
		return "", err
	}
	return path, nil
}

// npmInstall installs what the files ask for into dir. Nobody sees half of it,
// and of two that do it at once one is quicker.
func npmInstall(ctx context.Context, files fs.FS, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	building, err := os.MkdirTemp(filepath.Dir(dir), "building-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(building) // nothing is there after it was renamed
	if err := os.CopyFS(building, files); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = building
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, lastLines(out, 5))
	}
	if err := os.Rename(building, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// npmVersion returns the version of the package with the server's name that is
// pinned.
func npmVersion(server string) string {
	text, err := lockfiles.ReadFile("npm/" + server + "/package.json")
	if err != nil {
		return err.Error()
	}
	var manifest struct{ Dependencies map[string]string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		return err.Error()
	}
	return manifest.Dependencies[server]
}
