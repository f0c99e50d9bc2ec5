package chart_test

import (
	"fmt"
	"io/fs"

	"github.com/scalerkit/scalerkit/examples/operator/chart"
)

func Example() {
	paths, err := fs.Glob(chart.CRDs, "files/crds/*.yaml")
	if err != nil {
		fmt.Println(err)
	}
	for _, path := range paths {
		fmt.Println(path)
	}
	// Output:
	// files/crds/keda.sh_clustertriggerauthentications.yaml
	// files/crds/keda.sh_scaledjobs.yaml
	// files/crds/keda.sh_scaledobjects.yaml
	// files/crds/keda.sh_triggerauthentications.yaml
}
