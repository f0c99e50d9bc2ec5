package control_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A crowd is many workloads of one API server, which takes a while to be told.
type crowd struct {
	mu          sync.Mutex
	begun, told int // calls of SetReplicas, and those that are over
}

// A member is a workload of a crowd.
type member struct {
	fleet
	crowd *crowd
}

func (m *member) SetReplicas(ctx context.Context, n int) error {
	m.crowd.mu.Lock()
	m.crowd.begun++
	m.crowd.mu.Unlock()
	err := m.fleet.SetReplicas(ctx, n)
	m.crowd.mu.Lock()
	defer m.crowd.mu.Unlock()
	m.crowd.told++
	return err
}

// count returns how many were told or are being told, and how many have been.
func (c *crowd) count() (begun, told int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun, c.told
}

// join adds workloads that have so many replicas, and run.
func (c *crowd) join(t *testing.T, r *control.Runner, from, n, replicas int, scaler func(i int) scalerkit.Scaler) {
	for i := from; i < from+n; i++ {
		m := &member{crowd: c, fleet: fleet{replicas: replicas, delay: 100 * time.Millisecond}}
		mustSet(t, r, named(i), workload(m, scaler(i)))
	}
}

func TestAnActivationGoesBeforeABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many, atOnce = 5000, 50
		busy, quiet := &broker{level: 5}, &broker{}
		r := &control.Runner{Decisions: atOnce}
		var burst, late crowd
		burst.join(t, r, 0, many, 1, func(i int) scalerkit.Scaler { return newPeer(busy, named(i).Name) })
		late.join(t, r, many, 1, 0, func(i int) scalerkit.Scaler { return newPeer(quiet, named(i).Name) })
		start(t, r)
		pass(time.Minute)
		if begun, _ := burst.count(); begun > 0 {
			t.Fatalf("%d are scaled before the burst", begun)
		}

		// All come in one exchange, and take ten seconds to be told.
		busy.set(func() { busy.level = 10 })
		for begun := 0; begun == 0; begun, _ = burst.count() {
			pass(10 * time.Millisecond)
		}
		pass(time.Second)
		quiet.set(func() { quiet.level = 10 })
		r.Poke(named(many))
		pass(300 * time.Millisecond) // of which 100 are the poke's, 100 the turn of who is at work, 100 its own
		if _, told := late.count(); told != 1 {
			t.Error("the activation waits")
		}
		if begun, _ := burst.count(); begun > many/2 {
			t.Errorf("%d are begun, so that there is nothing to wait for", begun)
		}
		pass(15 * time.Second)
		if _, told := burst.count(); told != many {
			t.Errorf("%d of %d have their replicas", told, many)
		}
	})
}

func TestABurstOfActivationsLeavesRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 400
		idle, busy := &broker{}, &broker{level: 5}
		r := &control.Runner{Decisions: 10}
		var urgent, others crowd
		urgent.join(t, r, 0, many, 0, func(i int) scalerkit.Scaler { return newPeer(idle, named(i).Name) })
		others.join(t, r, many, many, 1, func(i int) scalerkit.Scaler { return newPeer(busy, named(i).Name) })
		start(t, r)
		pass(time.Minute)

		idle.set(func() { idle.level = 10 })
		busy.set(func() { busy.level = 10 })
		for i := range 2 * many {
			r.Poke(named(i))
		}
		pass(4 * time.Second)
		if _, told := urgent.count(); told < many/2 || told == many {
			t.Errorf("%d of those that did nothing have their replicas", told)
		}
		if _, told := others.count(); told < many/5 || told > many/2 {
			t.Errorf("%d of the others have more replicas", told)
		}
		pass(10 * time.Second)
		for _, c := range []*crowd{&urgent, &others} {
			if _, told := c.count(); told != many {
				t.Errorf("%d of %d have their replicas", told, many)
			}
		}
	})
}
