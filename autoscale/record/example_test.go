package record_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/autoscale/record"
)

// What docs/record.md shows stands here, where it is compiled.

func TestTheGuideShowsCodeThatCompiles(t *testing.T) {
	guide, err := os.ReadFile("../../docs/record.md")
	require.NoError(t, err)
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```go\n")[1:]
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		require.Contains(t, string(source), block)
	}
	require.Len(t, blocks, 2)
}

// recorded runs a loop that records what it does, until ctx ends.
func recorded(ctx context.Context, loop control.Loop, dir string) error {
	rounds, err := record.Open(dir, record.Options{})
	if err != nil {
		return err
	}
	loop.Observe = rounds.Record
	return errors.Join(loop.Run(ctx), rounds.Close())
}

// other tells where another policy would have come to another number.
func other(dir string, policy autoscale.Policy) error {
	for round, err := range record.ReadDir(dir) {
		if err != nil {
			return err
		}
		if round.Decision == nil || round.Decision.Jobs {
			continue
		}
		if d := policy.Decide(round.Input()); d.Replicas != round.Decision.Replicas {
			fmt.Printf("%v %s: %d and not %d\n%v\n", round.Time, round.Key(), d.Replicas, round.Decision.Replicas, d)
		}
	}
	return nil
}

// A loop that records what it does.
func ExampleOpen() {
	loop := control.Loop{
		Policy:   autoscale.Default(),
		Triggers: []control.Trigger{{Name: "orders", Scaler: scalerkit.Scaler(nil)}}, // yours
		Workload: control.Workload(nil),                                              // yours
	}
	err := recorded(context.Background(), loop, "/var/lib/orders/rounds")
	log.Print(err)
}

// What another policy would have decided in the place of the one that did.
func ExampleReadDir() {
	dir, err := os.MkdirTemp("", "rounds")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	rounds, err := record.Open(dir, record.Options{})
	if err != nil {
		log.Fatal(err)
	}
	rounds.Record(round(0, 30)) // as a loop does
	if err := rounds.Close(); err != nil {
		log.Fatal(err)
	}

	policy := autoscale.Default()
	policy.Max = 4
	if err := other(dir, policy); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2026-01-31 12:00:00.123456789 +0000 UTC prod/orders: 4 and not 6
	// Metric orders: 2 -> 6: 30 / 5 per replica = 6
	// TooManyReplicas: 6 -> 4: at most 4
}
