// Command gendeploy writes what follows from the API types and from the chart:
// the types' deep copies, the CustomResourceDefinitions in the chart, and the
// manifest for those who install without Helm. Run it with make generate, in
// the root of the repository; it wants bin/controller-gen and bin/helm.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(context.Background(), "."); err != nil {
		fmt.Fprintln(os.Stderr, "gendeploy:", err)
		os.Exit(1)
	}
}

// run writes the files below root. The manifest comes last, since the chart
// that it is rendered from includes the CustomResourceDefinitions.
func run(ctx context.Context, root string) error {
	for _, generate := range []func(context.Context, string) (map[string][]byte, error){fromTypes, fromChart} {
		files, err := generate(ctx, root)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), files[name], 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// tool runs a program of root/bin in a directory below root, and returns what
// it printed.
func tool(ctx context.Context, root, dir, name string, args ...string) ([]byte, error) {
	path, err := filepath.Abs(filepath.Join(root, "bin", name))
	if err != nil {
		return nil, err
	}
	var problems strings.Builder
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = filepath.Join(root, filepath.FromSlash(dir))
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, problems.String())
	}
	return out, nil
}
