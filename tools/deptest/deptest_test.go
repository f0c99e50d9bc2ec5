package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

func TestListIsUpToDate(t *testing.T) {
	want, err := os.ReadFile("links.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), string(render(ours(t))), "links.txt is stale: run make generate")
}

func TestNobodyLinksWhatIsProhibited(t *testing.T) {
	require.Empty(t, violations(ours(t)))
}

// ours returns the packages of our module and all that they import.
func ours(t *testing.T) []listed {
	t.Helper()
	// The result of a test is kept as long as the files that it opened are as
	// they were, and go list opens them behind its back.
	require.NoError(t, filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		return err
	}))
	packages, err := list(t.Context(), root)
	require.NoError(t, err)
	return packages
}

var example = []listed{
	{ImportPath: "net/http", Standard: true, Imports: []string{"vendor/x"}},
	their("redis.io/go/internal", "redis.io/go", "net/http", "hash.org/xx"),
	their("redis.io/go", "redis.io/go", "redis.io/go/internal", "net/http"),
	their("hash.org/xx", "hash.org/xx"),
	their("github.com/aws/sdk", "github.com/aws/sdk"),
	our("our.org/m", "net/http"),
	our("our.org/m/autoscale", "our.org/m", "hash.org/xx"),
	our("our.org/m/internal/pipe", "redis.io/go", "our.org/m"),
	our("our.org/m/scalers/redis", "our.org/m", "our.org/m/internal/pipe"),
	our("our.org/m/scalers/awssqs", "github.com/aws/sdk", "our.org/m"),
	our("our.org/m/scalers/sqs", "github.com/aws/sdk", "our.org/m"),
	our("our.org/m/scalers/valkey", "our.org/m/scalers/redis"),
	our("our.org/m/scalers/all", "our.org/m/scalers/redis", "our.org/m/scalers/valkey"),
	our("our.org/m/tools/x", "our.org/m/autoscale"),
}

func TestListHasPackagesWithTheirModules(t *testing.T) {
	require.Equal(t, preface+`
.

autoscale
	hash.org/xx

internal/pipe
	hash.org/xx
	redis.io/go

scalers/all
	hash.org/xx
	redis.io/go

scalers/awssqs
	github.com/aws/sdk

scalers/redis
	hash.org/xx
	redis.io/go

scalers/sqs
	github.com/aws/sdk

scalers/valkey
	hash.org/xx
	redis.io/go
`, string(render(example)))
}

func TestViolationsComeWithTheShortestChain(t *testing.T) {
	require.Equal(t, []string{
		"autoscale must not link hash.org/xx:\n\tautoscale\n\t→ hash.org/xx",
		"scalers/sqs must not link github.com/aws/sdk:\n\tscalers/sqs\n\t→ github.com/aws/sdk",
		"scalers/valkey must not link scalers/redis:\n\tscalers/valkey\n\t→ scalers/redis",
	}, violations(example))
}

func our(path string, imports ...string) listed {
	p := listed{ImportPath: path, Imports: imports}
	p.Module.Path, p.Module.Main = "our.org/m", true
	return p
}

func their(path, module string, imports ...string) listed {
	p := listed{ImportPath: path, Imports: imports}
	p.Module.Path = module
	return p
}
