package shard

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

var (
	objects  = flag.Int("objects", 2000, "objects of TestManyObjects")
	machines = flag.Int("replicas", 10, "replicas of TestManyObjects")
)

const (
	perSource = 100 // objects of one source
	interval  = 10 * time.Second
)

// A queue is one of those of a source, which are read together.
type queue struct{ object, source int }

func (q *queue) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "queue", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}
}

func (q *queue) Read(context.Context) (scalerkit.Reading, error) {
	return scalerkit.Reading{Value: float64(q.object % 50), Time: time.Now()}, nil
}

func (q *queue) BatchKey() any { return q.source }

func (q *queue) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	results := make([]scalerkit.Result, len(peers))
	for i, peer := range peers {
		results[i].Reading, results[i].Err = peer.Read(ctx)
	}
	return results
}

func (q *queue) Close() error { return nil }

// A deployment has replicas.
type deployment struct{ replicas atomic.Int64 }

func (d *deployment) Replicas(context.Context) (int, error) { return int(d.replicas.Load()), nil }

func (d *deployment) SetReplicas(_ context.Context, n int) error {
	d.replicas.Store(int64(n))
	return nil
}

// A machine is a replica with a Runner, without an API server.
type machine struct {
	runner    control.Runner
	stop      context.CancelFunc
	exchanges atomic.Int64
	readings  atomic.Int64
}

func startMachine(t *testing.T) *machine {
	m := &machine{}
	m.runner.Exchanged = func(e control.Exchange) {
		m.exchanges.Add(1)
		m.readings.Add(int64(e.Triggers))
	}
	var ctx context.Context
	ctx, m.stop = context.WithCancel(t.Context())
	go func() { _ = m.runner.Run(ctx) }()
	return m
}

// run has a machine run the objects of shards that have come to it.
func (m *machine) run(t *testing.T, all []*deployment, mine func(shard int) bool) (n int) {
	for i, d := range all {
		name := fmt.Sprint("worker-", i)
		if !mine(Of("shop", name, 240)) {
			continue
		}
		n++
		require.NoError(t, m.runner.Set(scalerkit.Key{Namespace: "shop", Name: name}, control.Loop{
			Triggers: []control.Trigger{{Scaler: &queue{i, i / perSource}}},
			Policy:   autoscale.Policy{Max: 100}, Workload: d, Interval: interval,
		}))
	}
	return n
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestManyObjects has replicas read and scale objects in a time that passes as fast
// as the machine can. What it says about that is for the documentation:
//
//	go test ./operator/internal/shard -run ManyObjects -v -objects 100000
func TestManyObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := make([]*deployment, *objects)
		for i := range all {
			all[i] = &deployment{}
		}
		names := replicas(*machines, 1)
		before := heap()
		fleet := make(map[string]*machine)
		owners := Assign(names, make([]string, 240))
		for _, name := range names {
			fleet[name] = startMachine(t)
			n := fleet[name].run(t, all, func(shard int) bool { return owners[shard] == name })
			require.InDelta(t, *objects / *machines, n, float64(*objects / *machines)/2)
		}
		time.Sleep(2 * interval)
		require.True(t, isRight(all))
		t.Logf("%d objects on %d replicas: %d bytes of heap an object", len(all), len(fleet), (heap()-before)/uint64(len(all)))

		exchanges, readings := count(fleet, func() { time.Sleep(interval) })
		require.EqualValues(t, len(all), readings, "each is read once")
		t.Logf("in an interval %d exchanges of %d sources, by %d replicas", exchanges, (len(all)+perSource-1)/perSource, len(fleet))

		gone := names[0]
		fleet[gone].stop()
		delete(fleet, gone)
		for _, d := range all {
			d.replicas.Store(0)
		}
		after := Assign(names[1:], owners)
		began, moved := time.Now(), 0
		for name, m := range fleet {
			moved += m.run(t, all, func(shard int) bool { return owners[shard] != name && after[shard] == name })
		}
		for !isRight(all) {
			require.Less(t, time.Since(began), 2*interval)
			time.Sleep(time.Second)
			synctest.Wait()
		}
		t.Logf("%d objects moved when one replica was gone, and all were right %v after that", moved, time.Since(began))
		for _, m := range fleet {
			m.stop()
		}
	})
}

func count(fleet map[string]*machine, do func()) (exchanges, readings int64) {
	for _, m := range fleet {
		m.exchanges.Store(0)
		m.readings.Store(0)
	}
	do()
	synctest.Wait()
	for _, m := range fleet {
		exchanges, readings = exchanges+m.exchanges.Load(), readings+m.readings.Load()
	}
	return exchanges, readings
}

// isRight says whether all have the replicas that their queues call for.
func isRight(all []*deployment) bool {
	for i, d := range all {
		if d.replicas.Load() != int64(i%50+4)/5 {
			return false
		}
	}
	return true
}
