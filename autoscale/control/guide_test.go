package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// What docs/policies.md shows stands here, where it is compiled and run.

func TestTheGuideShowsCodeThatRuns(t *testing.T) {
	guide, err := os.ReadFile("../../docs/policies.md")
	require.NoError(t, err)
	source, err := os.ReadFile("guide_test.go")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```")
	shown := 0
	for i := 1; i < len(blocks); i += 2 {
		if block, ok := strings.CutPrefix(blocks[i], "go\n"); ok {
			require.Contains(t, unindented(string(source)), unindented(block))
			shown++
		}
	}
	require.Equal(t, 5, shown)
}

func unindented(text string) string {
	var all strings.Builder
	for line := range strings.Lines(text) {
		all.WriteString(strings.TrimLeft(line, "\t"))
	}
	return all.String()
}

// An orderQueue is a Scaler, of which the test says what it reads.
type orderQueue struct{ length atomic.Int64 }

func (q *orderQueue) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "orders", Target: scalerkit.Target{Value: 5}}
}

func (q *orderQueue) Read(context.Context) (scalerkit.Reading, error) {
	return scalerkit.Reading{Value: float64(q.length.Load()), Time: time.Now()}, nil
}

func (q *orderQueue) Close() error { return nil }

// A workerPool is a Workload.
type workerPool struct{ workers int }

func (p *workerPool) Replicas(context.Context) (int, error) { return p.workers, nil }
func (p *workerPool) SetReplicas(_ context.Context, workers int) error {
	p.workers = workers
	return nil
}

func TestABurstIsOverInFiveMinutes(t *testing.T) {
	policy := autoscale.Default()
	policy.Max = 50
	in := autoscale.Input{Now: time.Now(), Samples: []autoscale.Sample{{
		Trigger: "orders",
		Metric:  scalerkit.Metric{Target: scalerkit.Target{Value: 5}},
	}}}
	for _, step := range []struct {
		after   time.Duration
		backlog float64
		want    int
	}{
		{0, 0, 0},
		{30 * time.Second, 120, 24}, // from zero at once
		{30 * time.Second, 400, 48}, // the HPA's limit: twice as many in 15 s
		{30 * time.Second, 0, 48},   // its window: no lower for 5 minutes
		{6 * time.Minute, 0, 0},     // and the cooldown is over, too
	} {
		in.Now = in.Now.Add(step.after)
		in.Samples[0].Reading = scalerkit.Reading{Value: step.backlog}
		d := policy.Decide(in)
		require.Equal(t, step.want, d.Replicas, d.String())
		in.Current, in.State = d.Replicas, d.State
	}
}

func TestAPoolFollowsAtOnce(t *testing.T) {
	policy := autoscale.Default()
	policy.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: policy.Max, Period: time.Second}}
	policy.Down.Window = new(time.Duration) // none

	in := autoscale.Input{Now: time.Now(), Current: 1, Samples: []autoscale.Sample{{Trigger: "orders"}}}
	for _, replicas := range []int{100, 3} {
		in.Now = in.Now.Add(30 * time.Second)
		in.Samples[0].Metric.Target.Value, in.Samples[0].Reading.Value = 5, 5*float64(replicas)
		d := policy.Decide(in)
		require.Equal(t, replicas, d.Replicas, d.String())
		in.Current, in.State = d.Replicas, d.State
	}
}

func TestThePoolSleepsWhenTheCooldownIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		orders, workers := new(orderQueue), new(workerPool)
		loop := control.Loop{
			Policy:   autoscale.Default(),
			Triggers: []control.Trigger{{Scaler: orders}},
			Workload: workers,
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { assert.NoError(t, loop.Run(ctx)) }()

		orders.length.Store(12)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, 3, workers.workers)

		orders.length.Store(0)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		require.Equal(t, 0, workers.workers)
	})
}

// keep has a loop go on where the process before this one was.
func keep(loop *control.Loop, file string) error {
	kept, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(kept, &loop.State)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	loop.Observe = func(r control.Round) {
		kept, err := json.Marshal(r.Decision.State)
		if err == nil {
			err = os.WriteFile(file+".new", kept, 0o600)
		}
		if err == nil {
			err = os.Rename(file+".new", file) // never half of it
		}
		if err != nil {
			log.Print(err)
		}
	}
	return nil
}

func TestACooldownGoesOnInTheNextProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	orders, workers := new(orderQueue), new(workerPool)
	process := func(t *testing.T, lifetime time.Duration) {
		loop := control.Loop{
			Policy:   autoscale.Default(),
			Triggers: []control.Trigger{{Scaler: orders}},
			Workload: workers,
		}
		require.NoError(t, keep(&loop, file))
		ctx, cancel := context.WithTimeout(t.Context(), lifetime)
		defer cancel()
		require.NoError(t, loop.Run(ctx))
	}
	synctest.Test(t, func(t *testing.T) {
		orders.length.Store(1)
		process(t, time.Minute)
		orders.length.Store(0)
		process(t, 4*time.Minute)
		require.Equal(t, 1, workers.workers)
		process(t, 2*time.Minute) // more than the rest of 5 minutes, and less than all of it
		require.Equal(t, 0, workers.workers)
	})
}

func Example_dryRun() {
	orders, workers := new(orderQueue), &workerPool{workers: 2}
	orders.length.Store(120)
	ctx, cancel := context.WithCancel(context.Background())

	policy := autoscale.Default()
	policy.Pause.All = true
	loop := control.Loop{
		Policy:   policy,
		Triggers: []control.Trigger{{Scaler: orders}},
		Workload: workers,
		Observe: func(r control.Round) {
			fmt.Println(r.Decision)
			cancel()
		},
	}
	if err := loop.Run(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(workers.workers, "workers")
	// Output:
	// Metric orders: 2 -> 24: 120 / 5 per replica = 24
	// ScaleUpLimit: 24 -> 6: 4 pods in 15s allows 6
	// Paused: 6 -> 2: paused at 2
	// 2 workers
}
