package control_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

const fleetSize = 10_000 // the budget of the design

// A ledger is an event source that costs nothing and counts its readings.
type ledger struct{ reads atomic.Int64 }

// await waits until there were n readings in all.
func (l *ledger) await(n int64) {
	for l.reads.Load() < n {
		time.Sleep(100 * time.Microsecond)
	}
}

// An account is a Scaler of a ledger.
type account struct {
	ledger *ledger
	name   string
}

func (a *account) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: a.name, Target: scalerkit.Target{Value: 5}}
}

func (a *account) Read(context.Context) (scalerkit.Reading, error) {
	a.ledger.reads.Add(1)
	return scalerkit.Reading{Value: 50, Time: time.Now()}, nil
}

func (a *account) Close() error  { return nil }
func (a *account) BatchKey() any { return a.ledger }

func (a *account) ReadBatch(_ context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	results := make([]scalerkit.Result, len(peers))
	now := time.Now()
	for i := range results {
		results[i].Reading = scalerkit.Reading{Value: 50, Time: now}
	}
	a.ledger.reads.Add(int64(len(peers)))
	return results
}

// single keeps an account from being batched.
type single struct{ scalerkit.Scaler }

// steadyFleet has the replicas that it should have.
type steadyFleet struct{}

func (steadyFleet) Replicas(context.Context) (int, error)  { return 10, nil }
func (steadyFleet) SetReplicas(context.Context, int) error { panic("nothing changes") }

func runFleet(tb testing.TB, interval time.Duration, batched bool) (source *ledger, stop func()) {
	tb.Helper()
	source = &ledger{}
	r := &control.Runner{}
	for i := range fleetSize {
		var s scalerkit.Scaler = &account{source, fmt.Sprintf("account-%d", i)}
		if !batched {
			s = single{s}
		}
		l := workload(steadyFleet{}, s)
		l.Interval = interval
		mustSet(tb, r, named(i), l)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	return source, func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	}
}

// BenchmarkRunnerRound measures one round of one workload of 10,000, from
// the schedule through reading and deciding back to the schedule.
func BenchmarkRunnerRound(b *testing.B) {
	for _, batched := range []bool{true, false} {
		b.Run(fmt.Sprintf("batched=%v", batched), func(b *testing.B) {
			source, stop := runFleet(b, time.Millisecond, batched) // all are always due
			defer stop()
			source.await(2 * fleetSize)
			b.ReportAllocs()
			b.ResetTimer()
			source.await(source.reads.Load() + int64(b.N))
			b.StopTimer()
		})
	}
}

// BenchmarkRunnerMemory measures what a workload in a Runner takes, its Scaler
// included, after its first round.
func BenchmarkRunnerMemory(b *testing.B) {
	for _, batched := range []bool{true, false} {
		b.Run(fmt.Sprintf("batched=%v", batched), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(bytesPerWorkload(b, batched), "B/workload")
			}
		})
	}
}

func bytesPerWorkload(tb testing.TB, batched bool) float64 {
	before := heap()
	source, stop := runFleet(tb, time.Minute, batched)
	defer stop()
	source.await(fleetSize) // takes 5 seconds where they are spread
	time.Sleep(100 * time.Millisecond)
	return float64(heap()-before) / fleetSize
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestAWorkloadTakesLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const limit = 8 << 10 // 10,000 of them are 80 MiB; the race detector takes its share
	for _, batched := range []bool{true, false} {
		if got := bytesPerWorkload(t, batched); got > limit {
			t.Errorf("batched=%v: %.0f bytes per workload, want at most %d", batched, got, limit)
		} else {
			t.Logf("batched=%v: %.0f bytes per workload", batched, got)
		}
	}
}
