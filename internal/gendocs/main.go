// Command gendocs writes the documentation that follows from the code: the
// parameters of every trigger type, as tables and as a JSON schema. Run it with
// make generate, in the root of the module.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/scalerkit/scalerkit/scalers/all"
)

func main() {
	for name, text := range generate(all.Registry()) {
		if err := os.WriteFile(filepath.FromSlash(name), text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "gendocs:", err)
			os.Exit(1)
		}
	}
}
