package deptest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWherePackagesAndRulesDisagreeIsSaid(t *testing.T) {
	std := listed{ImportPath: "net/http", Standard: true, DepOnly: true, Imports: []string{"vendor/x"}}
	packages := []listed{
		std,
		theirs("redis.io/go/internal", "redis.io/go", "net/http", "hash.org/xx"),
		theirs("redis.io/go", "redis.io/go", "redis.io/go/internal", "net/http"),
		theirs("hash.org/xx", "hash.org/xx"),
		ours("our.org/m", "net/http"),
		ours("our.org/m/internal/pipe", "redis.io/go", "our.org/m"),
		ours("our.org/m/redis", "our.org/m", "our.org/m/internal/pipe"),
		ours("our.org/m/new"),
	}
	rules := Rules{
		".":             nil,
		"internal/pipe": {"redis.io/go", "hash.org/xx"},
		"redis":         {"redis.io/go", "yaml.org/v3"},
		"old":           nil,
	}
	require.Equal(t, []string{
		"redis links hash.org/xx, which its rule does not allow:\n\tredis\n\t→ internal/pipe\n\t→ redis.io/go\n\t→ redis.io/go/internal\n\t→ hash.org/xx",
		"redis does not link yaml.org/v3: take it out of the rule",
		"new has no rule: say which modules it may link",
		"old has a rule, but is no package",
	}, rules.problems(packages))

	rules["redis"], rules["new"] = rules["internal/pipe"], nil
	delete(rules, "old")
	require.Empty(t, rules.problems(packages))
}

func ours(path string, imports ...string) listed {
	p := listed{ImportPath: path, Imports: imports}
	p.Module.Path, p.Module.Main = "our.org/m", true
	return p
}

func theirs(path, module string, imports ...string) listed {
	p := listed{ImportPath: path, Imports: imports, DepOnly: true}
	p.Module.Path = module
	return p
}
