package simulate

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// errOutage is why a source cannot be read in one of its outages.
var errOutage = errors.New("the source cannot be read: a simulated outage")

// errLeftAlone is why a source is not read for a while after it could not be.
var errLeftAlone = errors.New("the source is left alone after a simulated outage")

// A probe reads one source.
type probe struct {
	Source
	index   int
	tick    time.Duration
	start   time.Time
	past    []Queue // by tick, if the source tells of the past
	arrived []int64 // by tick, if Measure may ask for it

	failures int           // in a row
	until    time.Duration // the source is left alone
}

func newProbe(s *Scenario, i, ticks int) *probe {
	p := &probe{Source: s.Sources[i], index: i, tick: s.Tick, start: s.Start}
	if p.Delay > 0 || len(p.Frozen) > 0 {
		p.past = make([]Queue, 0, ticks)
	}
	return p
}

// note notes what is true at the begin of a tick, of which the source may tell
// later.
func (p *probe) note(w *world) {
	if p.Measure != nil {
		n := w.queue.arrivedBy[p.index]
		p.arrived = append(p.arrived, n)
	}
	if p.past != nil {
		p.past = append(p.past, p.now(w))
	}
}

// now is what is true now.
func (p *probe) now(w *world) Queue {
	q := Queue{
		Now:     p.start.Add(w.at()),
		Waiting: w.queue.waiting[p.index], InFlight: w.queue.inFlight[p.index],
		Replicas: w.crew.told, Ready: w.crew.ready, Busy: w.queue.busy,
	}
	if tick, ok := w.queue.oldest(); ok {
		q.Oldest = time.Duration(w.tick-tick) * p.tick
	}
	if n := len(p.arrived); n > 1 {
		before := max(n-1-int(time.Minute/p.tick), 0)
		q.PerSecond = float64(p.arrived[n-1]-p.arrived[before]) / (time.Duration(n-1-before) * p.tick).Seconds()
	}
	return q
}

// told is what the source tells now.
func (p *probe) told(w *world) Queue {
	if p.past == nil {
		return p.now(w)
	}
	at := w.at()
	if i := slices.IndexFunc(p.Frozen, func(f Window) bool { return f.has(at) }); i >= 0 {
		at = p.Frozen[i].From
	}
	return p.past[max(int((at-p.Delay)/p.tick), 0)]
}

func (w Window) has(at time.Duration) bool { return w.From <= at && at < w.To }

// down says that the source cannot be read.
func (p *probe) down(at time.Duration) bool {
	return slices.ContainsFunc(p.Outages, func(o Window) bool { return o.has(at) })
}

// metric describes the readings.
func (p *probe) metric() scalerkit.Metric {
	return scalerkit.Metric{Name: p.Name, Target: p.Target, Activation: p.Activation, InFlight: p.InFlight}
}

// reading is what a source with such a queue says.
func (p *probe) reading(q Queue) scalerkit.Reading {
	if p.Measure != nil {
		return p.Measure(q)
	}
	n := q.Waiting
	if p.InFlight {
		n += q.InFlight
	}
	return scalerkit.Reading{Value: float64(n), Limit: p.Limit, Even: p.Even}
}

// sample reads the source.
func (p *probe) sample(w *world) autoscale.Sample {
	s := autoscale.Sample{Trigger: p.Name, Metric: p.metric()}
	switch {
	case w.at() < p.until:
		s.Err = errLeftAlone
	case p.down(w.at()):
		s.Err = errOutage
		p.leaveAlone(w)
	default:
		p.failures = 0
		s.Reading = p.reading(p.told(w))
	}
	return s
}

// leaveAlone has the source not be read for a while, as a control.Loop does.
func (p *probe) leaveAlone(w *world) {
	if w.patient == nil {
		return
	}
	wait := w.Interval
	for range p.failures {
		if wait *= 2; wait >= w.MaxBackoff {
			wait = max(w.MaxBackoff, w.Interval)
			break
		}
	}
	p.failures++
	p.until = w.at() + wait/2 + time.Duration(w.patient.Int64N(int64(wait/2)+1))
}

// wanted returns how many replicas the truth calls for, none if the source is not
// active.
func (p *probe) wanted(w *world) int {
	r := p.reading(p.now(w))
	if !r.IsActive(p.metric()) {
		return 0
	}
	target := p.Target.Value
	if r.Target > 0 {
		target = r.Target
	}
	n := r.Value / target
	if p.Target.Kind == scalerkit.Total {
		n *= float64(max(w.crew.told, 1))
	}
	if r.Limit > 0 {
		n = min(n, float64(r.Limit))
	}
	return wholeReplicas(n)
}

// wholeReplicas rounds up; at least one replica is wanted.
func wholeReplicas(n float64) int { return int(min(max(math.Ceil(n), 1), math.MaxInt32)) }
