// Package example builds the programs of the module examples.
package example

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
)

// Dir returns the directory of the module. The working directory has to be in
// the module tools/e2e.
func Dir(ctx context.Context) (string, error) {
	root, err := cluster.ModuleRoot(ctx)
	return filepath.Join(root, "../../examples"), err
}

// Build builds a program as its image has it; it is named as its directory is. The
// working directory has to be in the module tools/e2e.
func Build(ctx context.Context, name, file string) error {
	dir, err := Dir(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "grpcnotrace", "-ldflags", "-s -w", "-o", file, "./"+name)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=", "CGO_ENABLED=0") // GOWORK of the repository
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./%s: %w: %s", name, err, out)
	}
	return nil
}
