package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Packages that are made of the standard library: the vocabulary, the policy and
// what runs it.
var standardOnly = []string{".", "autoscale", "autoscale/control", "autoscale/record", "autoscale/simulate", "autoscale/simulate/tune"}

// A prohibition says that no package that matches these patterns, apart from the
// exceptions, links one that is forbidden. A pattern is the path of a package,
// below the module's for our own, or the beginning of paths with "..." behind it.
type prohibition struct{ packages, except, forbidden []string }

var prohibitions = []prohibition{{
	// What the sources share is below them.
	packages:  []string{"internal/...", "driver/..."},
	except:    []string{"driver/sqlsource/sqlsourcetest", "internal/azure/azuretest", "internal/azure/storage/storagetest", "internal/gcp/gcptest"},
	forbidden: []string{"autoscale/...", "hpa/...", "keda/...", "scalers/..."},
}, {
	// A source measures, and knows nothing of who asks.
	packages:  []string{"scalers/..."},
	forbidden: []string{"autoscale/...", "hpa/...", "keda/..."},
}, {
	// Kubernetes is known where it is asked for, and only its types are: a client
	// is up to the program.
	packages:  []string{"..."},
	except:    []string{"hpa/...", "keda/...", "scalers/all", "scalers/kubernetes"},
	forbidden: []string{"k8s.io/...", "sigs.k8s.io/..."},
}, {
	packages:  []string{"..."},
	forbidden: []string{"k8s.io/client-go/...", "sigs.k8s.io/controller-runtime/..."},
}, {
	packages: []string{"..."},
	except: []string{
		"driver/httpsource/awsidentity", "internal/aws/...",
		"scalers/all", "scalers/aws...", "scalers/kafka/mskiam",
	},
	forbidden: []string{"github.com/aws/..."},
}, {
	packages: []string{"..."},
	except: []string{
		"driver/httpsource/azureidentity", "driver/sqlsource/azuretoken", "internal/azure/...",
		"scalers/all", "scalers/azure...",
	},
	forbidden: []string{"github.com/Azure/..."},
}, {
	packages:  []string{"..."},
	except:    []string{"driver/httpsource/googleidentity", "internal/gcp/...", "scalers/all", "scalers/gcp..."},
	forbidden: []string{"cloud.google.com/..."},
}}

// violations says which packages link what they must not, and by which chain of
// imports.
func violations(packages []listed) []string {
	graph := graphOf(packages)
	var found []string
	for _, p := range library(packages) {
		chains := links(graph, p)
		for _, path := range slices.Sorted(maps.Keys(chains)) {
			if linked := graph[path]; prohibited(p, linked) {
				found = append(found, fmt.Sprintf("%s must not link %s:\n\t%s",
					p.name(), linked.name(), strings.Join(chains[path], "\n\t→ ")))
			}
		}
	}
	return found
}

func prohibited(p, linked listed) bool {
	if !linked.Module.Main && slices.Contains(standardOnly, p.name()) {
		return true
	}
	// By another source, a source would link its client.
	theirs := sourceOf(linked)
	if ours := sourceOf(p); theirs != "" && ours != "" && ours != "all" && ours != theirs {
		return true
	}
	return slices.ContainsFunc(prohibitions, func(x prohibition) bool {
		return matches(x.packages, p) && !matches(x.except, p) && matches(x.forbidden, linked)
	})
}

// sourceOf returns the name of the directory in scalers that a package is in,
// and "" if it is in none.
func sourceOf(p listed) string {
	rest, ok := strings.CutPrefix(p.name(), "scalers/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func matches(patterns []string, p listed) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		beginning, more := strings.CutSuffix(pattern, "...")
		return p.name() == strings.TrimSuffix(beginning, "/") || more && strings.HasPrefix(p.name(), beginning)
	})
}
