package scalerkit_test

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/scalers/redis"
)

// Example_embedded is the program in README.md, all but its surroundings.
func Example_embedded() {
	ctx, workers := context.Background(), control.Workload(nil)

	scaler, err := redis.New(redis.Config{
		Server:     redis.Server{Addresses: []string{"localhost:6379"}},
		ListName:   "orders",
		ListLength: 10, // messages per replica
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	policy := autoscale.Default()
	policy.Max = 20
	loop := control.Loop{
		Policy:   policy,
		Triggers: []control.Trigger{{Name: "orders", Scaler: scaler}},
		Workload: workers, // your Replicas and SetReplicas
		Observe:  func(r control.Round) { log.Print(r.Decision) },
	}
	err = loop.Run(ctx)

	log.Print(err)
}

func TestReadmeShowsAnExampleThatCompiles(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, block, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok, "README.md has no Go block")
	block, _, _ = strings.Cut(block, "```")

	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	var indented strings.Builder
	for line := range strings.Lines(block) {
		indented.WriteString("\t" + line)
	}
	require.Contains(t, string(source), indented.String(), "the Go block of README.md is not in Example_embedded")
}

func TestReadmeNamesEachPlaceOnce(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	rows := make(map[string]bool)
	for row := range strings.Lines(string(readme)) {
		if cells := strings.Split(row, " | "); strings.HasPrefix(row, "| [") {
			require.False(t, rows[cells[0]], "%s has two rows", cells[0])
			rows[cells[0]] = true
		}
	}
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range pages {
		require.Contains(t, string(readme), "]("+filepath.ToSlash(page)+")")
	}
}
