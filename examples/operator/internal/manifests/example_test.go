package manifests_test

import (
	"os"

	"github.com/scalerkit/scalerkit/examples/operator/internal/manifests"
	"github.com/scalerkit/scalerkit/scalers/all"
)

func ExampleRun() {
	manifests.Run([]string{
		"-name", "resizer", "-image", "registry.example/resizer:1",
		"-trigger", "redis", "-set", "address=redis:6379", "-set", "listNam=pictures",
	}, all.Registry(), os.Stdout, os.Stdout)
	// Output:
	// operator manifests: cannot write manifests:
	// redis trigger: listNam: is not a parameter of this trigger type; did you mean "listName"?
	// redis trigger: listName: is missing: set it in the metadata
}
