package simulate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// What docs/test-a-policy.md shows stands here, where it is compiled and run.

func TestTheGuideShowsCodeThatRuns(t *testing.T) {
	guide, err := os.ReadFile("../../docs/test-a-policy.md")
	require.NoError(t, err)
	source, err := os.ReadFile("guide_test.go")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```go\n")[1:]
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		require.Contains(t, string(source), block)
	}
	require.Len(t, blocks, 3)
}

func TestABurstIsWorkedOffInTime(t *testing.T) {
	policy := autoscale.Default()
	policy.Max = 60
	r, err := simulate.Run(policy, simulate.Scenario{
		Length:  time.Hour,
		Sources: []simulate.Source{{Load: simulate.Burst(10*time.Minute, 600, 0), Target: scalerkit.Target{Value: 10}}},
		Workers: simulate.Workers{Rate: 0.5, Start: 20 * time.Second},
	})
	require.NoError(t, err)
	require.NoError(t, r.Meets(simulate.Objective{P99Wait: 90 * time.Second}))
}

func load(file string) (simulate.Series, error) {
	f, err := os.Open(file)
	if err != nil {
		return simulate.Series{}, err
	}
	defer f.Close()
	return simulate.ReadCSV(f, simulate.FillRepeat)
}

func TestALoadFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "load.csv")
	require.NoError(t, os.WriteFile(file, []byte("0,5\n60,7\n180,9\n"), 0o600))
	s, err := load(file)
	require.NoError(t, err)
	require.Equal(t, []float64{5, 7, 7, 9}, s.Messages)
	_, err = load(file + ".gone")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAnOutageOfTheSourceStopsNobody(t *testing.T) {
	policy := autoscale.Default()
	r, err := simulate.Run(policy, simulate.Scenario{
		Length: time.Hour,
		Sources: []simulate.Source{{
			Load:     simulate.Poisson(simulate.Constant(20)),
			Target:   scalerkit.Target{Value: 10},
			InFlight: true,
			Outages:  []simulate.Window{{From: 20 * time.Minute, To: 30 * time.Minute}},
			Delay:    10 * time.Second,
		}},
		Workers: simulate.Workers{Rate: 2, Spread: 1, Start: 20 * time.Second, FailingStarts: 0.1},
	})
	require.NoError(t, err)
	require.NotZero(t, r.Series[25*60].Replicas, "after 25 minutes")
}
