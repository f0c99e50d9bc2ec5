package promrange_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale/record"
	"github.com/scalerkit/scalerkit/autoscale/record/promrange"
)

func TestTheGuideShowsCodeThatCompiles(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/replay-last-week.md")
	require.NoError(t, err)
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```go\n")[1:]
	require.Len(t, blocks, 1)
	block, _, _ := strings.Cut(blocks[0], "```")
	require.Contains(t, string(source), block)
}

// lastWeek returns the rounds of a workload that KEDA scaled.
func lastWeek(ctx context.Context, w promrange.Workload) ([]record.Round, []string, error) {
	server := promrange.Server{URL: "http://localhost:9090"}
	now := time.Now().Truncate(time.Minute)
	series, err := server.Query(ctx, w.Query(), promrange.Window{From: now.AddDate(0, 0, -7), To: now, Step: time.Minute})
	if err != nil {
		return nil, nil, err
	}
	return w.Rounds(series)
}

// Without output: there has to be a Prometheus.
func ExampleWorkload() {
	rounds, notes, err := lastWeek(context.Background(), promrange.Workload{
		Namespace: "prod", ScaledObject: "orders", Kind: "Deployment", Target: "worker",
	})
	fmt.Println(len(rounds), notes, err)
}
