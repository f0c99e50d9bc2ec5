// Command gendocs writes the documentation that follows from the code: a page for
// every trigger type, their JSON schema, and the table of sources in README.md.
// Run it with make generate, in the root of the module.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/scalerkit/scalerkit/scalers/all"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func run() error {
	files, err := generate(".", all.Drivers())
	if err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join("docs", "triggers")); err != nil { // a type that is gone has no page
		return err
	}
	if err := os.MkdirAll(filepath.Join("docs", "triggers"), 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.FromSlash(name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
