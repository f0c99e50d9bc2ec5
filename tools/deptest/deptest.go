// Package deptest holds the line on dependencies: it checks which modules
// each package makes those who import it link.
package deptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Rules say for every package of a module which other modules it may link,
// itself or by what it imports. The key is the package's path below the
// module's, "." for the module's own. What only tests import does not count.
type Rules map[string][]string

// Check fails the test for every package of the module in dir that links what
// it may not, or has no rule, and for every rule that allows more than is
// needed. It needs no network.
func (r Rules) Check(t testing.TB, dir string) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	packages, err := list(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range r.problems(packages) {
		t.Error(problem)
	}
}

// A listed is a package as go list describes it.
type listed struct {
	ImportPath string
	Standard   bool
	DepOnly    bool
	Imports    []string
	Module     struct {
		Path string
		Main bool
	}
}

// list returns the packages of the module in dir and all that they import.
func list(ctx context.Context, dir string) ([]listed, error) {
	// The result of a test is kept as long as the files that it opened are as
	// they were, and go list opens them behind its back.
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-json=ImportPath,Standard,DepOnly,Imports,Module", "./...")
	list.Dir = dir
	list.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	output, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", list, err, &stderr)
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(output)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", list, err)
		}
		packages = append(packages, p)
	}
}

// problems says where the packages and the rules disagree.
func (r Rules) problems(packages []listed) []string {
	graph := make(map[string]listed, len(packages))
	for _, p := range packages {
		graph[p.ImportPath] = p
	}
	var problems []string
	checked := make(map[string]bool)
	for _, p := range packages {
		if p.DepOnly {
			continue
		}
		name := relative(p)
		checked[name] = true
		allowed, ok := r[name]
		if !ok {
			problems = append(problems, fmt.Sprintf("%s has no rule: say which modules it may link", name))
			continue
		}
		chains := links(graph, p)
		for _, module := range slices.Sorted(maps.Keys(chains)) {
			if !slices.Contains(allowed, module) {
				problems = append(problems, fmt.Sprintf("%s links %s, which its rule does not allow:\n\t%s",
					name, module, strings.Join(chains[module], "\n\t→ ")))
			}
		}
		for _, module := range allowed {
			if chains[module] == nil {
				problems = append(problems, fmt.Sprintf("%s does not link %s: take it out of the rule", name, module))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if !checked[name] {
			problems = append(problems, fmt.Sprintf("%s has a rule, but is no package", name))
		}
	}
	return problems
}

// links returns the modules that p makes one link, each with the shortest
// chain of imports that leads there.
func links(graph map[string]listed, p listed) map[string][]string {
	chains := make(map[string][]string)
	from := map[string]string{p.ImportPath: ""} // what first imported it
	for queue := []listed{p}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if !at.Module.Main && chains[at.Module.Path] == nil {
			chains[at.Module.Path] = chain(graph, from, at)
		}
		for _, path := range at.Imports {
			next, ok := graph[path]
			if _, seen := from[path]; seen || !ok || next.Standard {
				continue
			}
			from[path] = at.ImportPath
			queue = append(queue, next)
		}
	}
	return chains
}

// chain returns the imports that led to p.
func chain(graph map[string]listed, from map[string]string, p listed) []string {
	var chain []string
	for ok := true; ok; p, ok = graph[from[p.ImportPath]] {
		chain = append(chain, relative(p))
	}
	slices.Reverse(chain)
	return chain
}

// relative returns the path of p below that of our module, or its whole path
// if it is another's.
func relative(p listed) string {
	switch {
	case !p.Module.Main:
		return p.ImportPath
	case p.ImportPath == p.Module.Path:
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, p.Module.Path+"/")
}
