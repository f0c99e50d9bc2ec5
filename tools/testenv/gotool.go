package main

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// building is held by the one who builds a program: go build takes all the
// processors by itself.
var building sync.Mutex

// goTool returns the path of a program of a server's that is written in Go, and
// the version of the server's module. Its package is one that the go.mod in the
// directory servers has as a tool, or one in there. It is built into the user's
// cache if it is not there yet, which takes minutes for some.
func goTool(ctx context.Context, module, pkg string) (path, version string, err error) {
	servers, err := serversDir(ctx)
	if err != nil {
		return "", "", err
	}
	pins := sha256.New()
	for _, file := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(servers, file))
		if err != nil {
			return "", "", err
		}
		pins.Write(content)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", "", err
	}
	path = filepath.Join(cache, "scalerkit", "go", fmt.Sprintf("%x", pins.Sum(nil)[:8]), strings.ReplaceAll(pkg, "/", "_"))
	if _, err := os.Stat(path); err != nil {
		if err := goBuild(ctx, servers, pkg, path); err != nil {
			return "", "", err
		}
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module {
			version = m.Version
		}
	}
	return path, version, nil
}

// serversDir returns the directory servers beside this package's files.
func serversDir(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "github.com/scalerkit/scalerkit/tools/testenv")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "servers"), nil
}

// goBuild builds the program of a package at path. Nobody sees half of it.
func goBuild(ctx context.Context, servers, pkg, path string) error {
	building.Lock()
	defer building.Unlock()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), "building-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	built := filepath.Join(dir, filepath.Base(path))
	cmd := exec.CommandContext(ctx, "go", "build", "-o", built, "-trimpath", "-ldflags=-s -w", pkg)
	cmd.Dir = servers
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, lastLines(out, 5))
	}
	return os.Rename(built, path)
}
