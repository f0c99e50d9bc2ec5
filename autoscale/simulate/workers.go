package simulate

import (
	"math/rand/v2"
	"slices"
	"time"
)

// A crew is the replicas that there are.
type crew struct {
	workers Workers
	tick    time.Duration
	chance  *rand.Rand

	told     int   // that there should be
	ready    int   // that are
	starting []int // the ticks in which the others will be ready, sorted
	stopping int   // that are no longer wanted
	gone     []int // how many of these are gone at a tick
}

func newCrew(s *Scenario, ticks int) *crew {
	return &crew{
		workers: s.Workers, tick: s.Tick, chance: chanceFor(s.Seed, chanceOfStarts),
		told: s.Replicas, ready: s.Replicas, gone: make([]int, ticks+1),
	}
}

// begin begins a tick.
func (c *crew) begin(tick int) {
	c.stopping -= c.gone[tick]
	c.settle(tick)
}

// settle makes those replicas ready that are by now.
func (c *crew) settle(tick int) {
	n := 0
	for n < len(c.starting) && c.starting[n] <= tick {
		n++
	}
	c.starting = c.starting[n:]
	c.ready += n
}

// exist is how many replicas there are, wanted or not.
func (c *crew) exist() int { return c.told + c.stopping }

// tell has the crew become n replicas. The first to go are those that would be
// ready last.
func (c *crew) tell(n, tick int) {
	if n > c.told {
		for range n - c.told {
			c.starting = append(c.starting, tick+ticksOf(c.start(), c.tick))
		}
		c.told = n
		slices.Sort(c.starting)
		c.settle(tick)
		return
	}
	gone := c.told - n
	unready := min(gone, len(c.starting))
	c.starting = c.starting[:len(c.starting)-unready]
	c.ready -= gone - unready
	c.told = n
	if c.workers.Stop > 0 {
		c.stopping += gone
		if end := tick + ticksOf(c.workers.Stop, c.tick); end < len(c.gone) {
			c.gone[end] += gone
		}
	}
}

// How the kubelet waits after a start that failed.
const (
	firstBackOff = 10 * time.Second
	maxBackOff   = 5 * time.Minute
)

// start is how long the next replica takes to be ready.
func (c *crew) start() time.Duration {
	took := c.once()
	for wait := firstBackOff; c.workers.FailingStarts > 0 && c.chance.Float64() < c.workers.FailingStarts; wait = min(2*wait, maxBackOff) {
		took += wait + c.once()
	}
	return took
}

// once is how long one start takes.
func (c *crew) once() time.Duration {
	return time.Duration(float64(c.workers.Start) * meanOf(c.chance, 1, c.workers.StartSpread))
}

// ticksOf is how many ticks it takes until d is over.
func ticksOf(d, tick time.Duration) int { return int((d + tick - 1) / tick) }
