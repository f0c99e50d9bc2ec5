package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestThePolicyIsPure(t *testing.T) {
	for dir, more := range map[string][]string{
		".":        nil,
		"simulate": {"bufio", "io", "math/rand/v2", "github.com/scalerkit/scalerkit/autoscale"},
	} {
		problems, err := impure(os.DirFS(path.Join("../../autoscale", dir)), append([]string{
			"cmp", "encoding/json", "errors", "fmt", "maps", "math", "slices", "strconv", "strings", "time", "github.com/scalerkit/scalerkit",
			"github.com/scalerkit/scalerkit/internal/line",
		}, more...))
		require.NoError(t, err)
		require.Empty(t, problems, dir)
	}
}

func TestWhatIsNotPureIsSaid(t *testing.T) {
	problems, err := impure(fstest.MapFS{
		"pure.go": {Data: []byte(`package p

import "time"

func f(now time.Time) time.Time { return now.Add(time.Second) }
`)},
		"impure.go": {Data: []byte(`package p

import (
	"sync"
	clock "time"
	"time"
)

var mu sync.Mutex

func g(c chan int) time.Duration {
	go clock.Sleep(time.Second)
	return time.Since(time.Now())
}
`)},
		"impure_test.go": {Data: []byte("package p\n\nimport \"testing\"\n")},
	}, []string{"time"})
	require.NoError(t, err)
	require.Equal(t, []string{
		`impure.go:4: imports "sync"`,
		`impure.go:5: gives "time" another name`,
		"impure.go:11: has a channel",
		"impure.go:12: starts a goroutine",
		"impure.go:13: goes by a clock: time.Since",
		"impure.go:13: goes by a clock: time.Now",
	}, problems)
}

// ofTheClock is what in package time has to do with what time it is.
var ofTheClock = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

// impure returns everything in the package in the directory by which what a
// function returns could depend on more than its arguments: an import that is
// not among those given, a clock, a goroutine, a channel. Tests may have all of
// it.
func impure(dir fs.FS, imports []string) ([]string, error) {
	files, err := fs.Glob(dir, "*.go")
	if err != nil {
		return nil, err
	}
	var problems []string
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if what := impurity(n, imports); what != "" {
				at := set.Position(n.Pos())
				problems = append(problems, fmt.Sprintf("%s:%d: %s", name, at.Line, what))
			}
			return true
		})
	}
	return problems, nil
}

// impurity says what is wrong with one piece of syntax.
func impurity(n ast.Node, imports []string) string {
	switch n := n.(type) {
	case *ast.ImportSpec:
		path, err := strconv.Unquote(n.Path.Value)
		if err != nil || !slices.Contains(imports, path) {
			return "imports " + n.Path.Value
		}
		if n.Name != nil {
			return "gives " + n.Path.Value + " another name"
		}
	case *ast.SelectorExpr:
		if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(ofTheClock, n.Sel.Name) {
			return "goes by a clock: time." + n.Sel.Name
		}
	case *ast.GoStmt:
		return "starts a goroutine"
	case *ast.ChanType:
		return "has a channel"
	}
	return ""
}
