// Deptest writes down which modules each package of the library makes those who
// import it link: what a change lets in stands in its diff. Run it with make
// generate, in the root of the module. The tests hold the list against the code,
// and a few prohibitions, which no list overrides.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "deptest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	packages, err := list(ctx, ".")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("tools", "deptest", "links.txt"), render(packages), 0o644)
}
