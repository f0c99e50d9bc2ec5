package scalerkit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What every program and every author has to know is to stay little. Constants
// of one type count as one; methods and fields are their type's.
func TestTheVocabularyIsSmall(t *testing.T) {
	const most = 32
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	exported := make(map[string]bool)
	for _, file := range files {
		if name := file.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for _, declaration := range parsed.Decls {
				addExported(exported, declaration)
			}
		}
	}
	names := slices.Sorted(maps.Keys(exported))
	require.LessOrEqual(t, len(names), most, strings.Join(names, "\n"))
	require.Contains(t, names, "const TargetKind")
	require.Contains(t, names, "ReadAll")
}

// addExported adds the names that a declaration makes known outside of the
// package, but for methods and fields.
func addExported(names map[string]bool, declaration ast.Decl) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.IsExported() {
			names[d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					names[s.Name.Name] = true
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if name.IsExported() {
						names[nameOf(d, s, name)] = true
					}
				}
			}
		}
	}
}

// nameOf returns the type of a constant that has one, and the name of any other
// and of a variable.
func nameOf(d *ast.GenDecl, s *ast.ValueSpec, name *ast.Ident) string {
	if typ, ok := s.Type.(*ast.Ident); ok && d.Tok == token.CONST {
		return "const " + typ.Name
	}
	return name.Name
}
