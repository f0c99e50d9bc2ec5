package tune_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/autoscale/simulate/tune"
)

// What docs/tune.md shows stands here, where it is compiled and run.

func TestTheGuideShowsCodeThatRuns(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/tune.md")
	require.NoError(t, err)
	source, err := os.ReadFile("guide_test.go")
	require.NoError(t, err)
	_, block, _ := strings.Cut(string(guide), "```go\n")
	block, _, ok := strings.Cut(block, "\n```")
	require.True(t, ok)
	require.Contains(t, string(source), "\t"+strings.ReplaceAll(block, "\n", "\n\t"))

	week := bursts(5*time.Minute, 300).Scenario
	week.Sources[0].Name = "orders"
	r, err := tuned(t.Context(), week, week)
	require.NoError(t, err)
	require.True(t, r.Best.Meets)
}

func tuned(ctx context.Context, lastWeek, thisWeek simulate.Scenario) (tune.Result, error) {
	given := tune.Setting{
		Policy:   autoscale.Default(),
		Interval: 30 * time.Second,
		Targets:  map[string]float64{"orders": 10},
	}
	r, err := tune.Run(ctx, tune.Search{
		Given:     given,
		Space:     tune.Around(given), // or lists of your own
		Objective: simulate.Objective{P95Wait: 30 * time.Second},
		Loads:     []tune.Load{{Name: "last week", Scenario: lastWeek}},
		Held:      []tune.Load{{Name: "this week", Scenario: thisWeek}},
		Seed:      1,
	})
	return r, err
}
