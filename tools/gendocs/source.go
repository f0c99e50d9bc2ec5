package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/scalerkit/scalerkit"
)

const modulePath = "github.com/scalerkit/scalerkit/"

// A source is a driver together with what its package says of it.
type source struct {
	scalerkit.Driver
	dir      string // of the package in the module
	examples []example
	docs     []*doc.Package // the package's, after that of the package around it, if there is one
}

// An example is a trigger, which examples.yaml in the package has.
type example struct {
	Title          string `yaml:"title"`
	scalerkit.Spec `yaml:",inline"`
}

// sources reads the packages of drivers, which scalers/all lists in that order.
func sources(root string, drivers []scalerkit.Driver) ([]source, error) {
	dirs, err := listed(filepath.Join(root, "scalers", "all", "all.go"))
	if err != nil {
		return nil, err
	}
	if len(dirs) != len(drivers) {
		return nil, fmt.Errorf("scalers/all/all.go has %d drivers in it, and lists %d", len(dirs), len(drivers))
	}
	all := make([]source, len(drivers))
	for i, d := range drivers {
		s := source{Driver: d, dir: dirs[i]}
		for _, dir := range []string{path.Dir(s.dir), s.dir} {
			if dir == "scalers" {
				continue
			}
			p, err := read(filepath.Join(root, filepath.FromSlash(dir)), dir)
			if err != nil {
				return nil, err
			}
			s.docs = append(s.docs, p)
		}
		if s.examples, err = examplesOf(filepath.Join(root, filepath.FromSlash(s.docs[0].ImportPath)), d); err != nil {
			return nil, err
		}
		all[i] = s
	}
	return all, nil
}

// listed returns the directories of the packages whose functions the function
// Drivers in a file calls, in their order.
func listed(file string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return nil, err
	}
	imported := make(map[string]string)
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imported[path.Base(name)] = strings.TrimPrefix(name, modulePath)
	}
	var dirs []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		for _, element := range literal.Elts {
			ast.Inspect(element, func(n ast.Node) bool {
				if call, ok := n.(*ast.SelectorExpr); ok && strings.HasSuffix(call.Sel.Name, "Driver") {
					dirs = append(dirs, imported[call.X.(*ast.Ident).Name])
					return false
				}
				return true
			})
		}
		return false
	})
	return dirs, nil
}

// read returns the documentation of the package in a directory.
func read(directory, importPath string) (*doc.Package, error) {
	files := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		return nil, err
	}
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	return doc.NewFromFiles(files, parsed, importPath)
}

// examplesOf returns the examples of a driver. Each of them opens.
func examplesOf(directory string, d scalerkit.Driver) ([]example, error) {
	text, err := os.ReadFile(filepath.Join(directory, "examples.yaml"))
	if err != nil {
		return nil, err
	}
	var all, its []example
	if err := yaml.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", directory, err)
	}
	for _, e := range all {
		if e.Type != d.Name() {
			continue
		}
		scaler, err := d.Open(e.Spec, scalerkit.Options{IdentityEndpoints: []string{"*.svc"}})
		if err != nil {
			return nil, fmt.Errorf("%s, example %q: %w", directory, e.Title, err)
		}
		if err := scaler.Close(); err != nil {
			return nil, err
		}
		its = append(its, e)
	}
	if len(its) == 0 {
		return nil, fmt.Errorf("%s: examples.yaml has none of type %s", directory, d.Name())
	}
	return its, nil
}
