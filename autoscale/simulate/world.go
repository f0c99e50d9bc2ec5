package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
)

// A world is a scenario on its way.
type world struct {
	Scenario
	policy autoscale.Policy // that is scaled by, or bounds that bound nothing
	ticks  int
	tick   int

	queue   *queue
	crew    *crew
	probes  []*probe
	chances []*rand.Rand // of the arrivals, by source
	parts   []float64    // of messages that did not arrive yet, by source
	meter   *meter

	polls, looks pace
	reading      bool // a source was read in this tick

	patient *rand.Rand // a source that fails is left alone, as this says; nil: it is tried again
}

// A pace is what happens now and then.
type pace struct {
	next, every time.Duration
	extra       time.Duration // once more; 0: no
}

// due says that it happens at a time, which is not before that of the last call.
func (p *pace) due(at time.Duration) bool {
	if at >= p.next {
		p.next += ((at-p.next)/p.every + 1) * p.every
	} else if p.extra == 0 || at < p.extra {
		return false
	}
	p.extra = 0
	return true
}

// leastAgain is how soon a control.Loop begins another round at the soonest.
const leastAgain = time.Second

// again has it happen so long after a time, too, if that is before it would.
func (p *pace) again(at, after time.Duration) {
	if after > 0 {
		p.extra = at + max(after, leastAgain)
	}
}

// most is the largest number of replicas that a simulation can have.
const most = 1_000_000

func newWorld(s Scenario, policy autoscale.Policy, known bool) *world {
	s = s.defaults()
	w := &world{
		Scenario: s, policy: policy, ticks: ticksOf(s.Length, s.Tick),
		parts: make([]float64, len(s.Sources)),
		polls: pace{next: s.Phase, every: s.Interval}, looks: pace{next: s.SyncPhase, every: s.Sync},
		patient: chanceFor(s.Seed, chanceOfBackoff),
	}
	w.queue, w.crew = newQueue(&s, w.ticks), newCrew(&s, w.ticks)
	limit := 0
	if known {
		limit = policy.Max
	}
	w.meter = newMeter(s, w.ticks, limit)
	for i := range s.Sources {
		w.probes = append(w.probes, newProbe(&s, i, w.ticks))
		w.chances = append(w.chances, chanceFor(s.Seed, chanceOfArrivals+i))
	}
	return w
}

// at is the time since the begin.
func (w *world) at() time.Duration { return time.Duration(w.tick) * w.Tick }

// now is the time as a policy sees it.
func (w *world) now() time.Time { return w.Start.Add(w.at()) }

// Who acts in a world.
type actor interface {
	act() error  // decides what is due at the begin of a tick
	take()       // works for a tick
	wanted() int // is how many replicas, or jobs, the truth calls for
}

// run runs the world to its end.
func (w *world) run(a actor) (Result, error) {
	for ; w.tick < w.ticks; w.tick++ {
		w.queue.begin(w.tick)
		w.crew.begin(w.tick)
		for _, p := range w.probes {
			p.note(w)
		}
		wanted := a.wanted()
		w.meter.begins(w.at(), w.crew.told, wanted)
		w.reading = false
		if err := a.act(); err != nil {
			return Result{}, err
		}
		if w.reading {
			w.meter.polled(w.at())
		}
		w.meter.point(Point{
			At: w.at(), Arrived: w.queue.arrived, Done: w.queue.done, Waiting: w.queue.allWaiting, InFlight: w.queue.allInFlight,
			Wanted: wanted, Replicas: w.crew.told, Ready: w.crew.ready, Exist: w.crew.exist(),
		}, w.outage())
		if err := w.arrive(); err != nil {
			return Result{}, err
		}
		a.take()
	}
	return w.meter.result(w.queue, w.ticks), nil
}

// take has the replicas work for a tick.
func (w *world) take() {
	w.queue.take(w.tick, w.crew.ready, w.waited)
}

// waited notes the wait of messages that are taken now.
func (w *world) waited(from int, n int64) { w.meter.waited(from, w.tick, n) }

// arrive has the messages of a tick arrive.
func (w *world) arrive() error {
	for i := range w.Sources {
		load := w.Sources[i].Load
		if load == nil {
			continue
		}
		n := load(w.at(), w.at()+w.Tick, w.chances[i])
		if !(n >= 0) || n > math.MaxInt32 {
			return fmt.Errorf("Sources[%d].Load: %v messages from %v to %v are not within 0 and %d",
				i, n, w.at(), w.at()+w.Tick, math.MaxInt32)
		}
		sum := w.parts[i] + n
		whole := math.Floor(sum + 1e-9) // what floating point arithmetic takes off makes no message late
		w.parts[i] = sum - whole
		w.queue.arrive(w.tick, i, int64(whole))
	}
	return nil
}

// outage says that a source cannot be read now.
func (w *world) outage() bool {
	for _, p := range w.probes {
		if p.down(w.at()) {
			return true
		}
	}
	return false
}

// wanted returns how many replicas the truth calls for, within the bounds.
func (w *world) wanted() int {
	n := 0
	if c := w.policy.Combine; c != nil {
		n = w.combined(c)
	} else {
		for _, p := range w.probes {
			n = max(n, p.wanted(w))
		}
	}
	p := &w.policy
	switch {
	case n > 0:
		return min(max(n, p.Min, 1), p.Max)
	case p.Idle != nil:
		return *p.Idle
	}
	return p.Min
}

// combined is how many replicas a formula calls for by the truth.
func (w *world) combined(c *autoscale.Combine) int {
	values := make(map[string]float64, len(w.probes))
	for _, p := range w.probes {
		r := p.reading(p.now(w))
		values[p.Name] = r.Value
		if r.Limit > 0 {
			values[p.Name] = min(r.Value, float64(r.Limit)*p.Target.Value)
		}
	}
	v, err := c.Func(values)
	if err != nil || !(v > c.Activation) {
		return 0
	}
	return wholeReplicas(v / c.Target.Value)
}

// samples reads all sources.
func (w *world) samples() []autoscale.Sample {
	samples := make([]autoscale.Sample, len(w.probes))
	for i, p := range w.probes {
		samples[i] = p.sample(w)
		w.reading = w.reading || samples[i].Err == nil
	}
	return samples
}
