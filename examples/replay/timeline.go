package main

import (
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// A timeline is what is drawn: the load, and what each outcome made of it.
type timeline struct {
	start  time.Time
	length time.Duration
	tick   time.Duration
	grid   grid
	at     []float64 // seconds since the start, of the points
	load   line      // messages a second
	rate   float64   // that one replica works off
	traces []trace
}

// A trace is what became of the load in one outcome.
type trace struct {
	name      string // as it stands over its column of the table
	by        int    // index of the contender
	policy    int    // its index
	backlog   line   // messages that waited
	replicas  line
	decisions decisions
	moments   []moment
}

// A line is a series as it is drawn, and its peak.
type line struct {
	points []float64
	peak   peak
}

func (t *timeline) draw(of func(tick int) float64) line {
	return line{t.grid.points(of), peakOf(t.grid.ticks, t.tick, of)}
}

// mostPoints is how many points of a series a page has: more than its pixels.
const mostPoints = 4000

func newTimeline(cfg config, l load) *timeline {
	t := &timeline{start: l.series.Start, length: l.series.Length(), tick: cfg.tick, rate: cfg.workers.Rate}
	t.grid = grid{ticks: int((t.length + cfg.tick - 1) / cfg.tick), most: mostPoints}
	for _, tick := range t.grid.at() {
		t.at = append(t.at, (time.Duration(tick) * cfg.tick).Seconds())
	}
	arrived := l.series.Load()
	t.load = t.draw(func(tick int) float64 {
		at := time.Duration(tick) * t.tick
		return arrived(at, at+t.tick, nil) / t.tick.Seconds()
	})
	return t
}

// add adds an outcome, of which as many decisions are kept as there is room for.
func (t *timeline) add(name string, policy, by int, r *simulate.Result, room int) {
	tr := trace{name: name, policy: policy, by: by, moments: t.worst(r)}
	tr.backlog = t.draw(func(tick int) float64 { return float64(r.Series[tick].Waiting) })
	tr.replicas = t.draw(func(tick int) float64 { return float64(r.Series[tick].Replicas) })
	tr.decisions = choose(r, tr.moments, room)
	t.traces = append(t.traces, tr)
}

// dates says that the time of day does not tell when something was.
func (t *timeline) dates() bool {
	const day = 24 * time.Hour
	return t.start.Truncate(day) != t.start.Add(t.length-1).Truncate(day)
}

// clock is a time on the axis, in UTC.
func (t *timeline) clock(at time.Duration) string {
	layout := time.TimeOnly
	if t.dates() {
		layout = "Jan 2 15:04:05"
	}
	return t.start.Add(at).UTC().Format(layout)
}

// A grid makes points of ticks. Where there are too many it takes two from each of
// equal parts: the least and the most, in their order, so that no peak is lost.
type grid struct{ ticks, most int }

func (g grid) parts() int { return max(g.most/2, 1) }

func (g grid) part(i int) (from, to int) {
	return i * g.ticks / g.parts(), (i + 1) * g.ticks / g.parts()
}

// whole says that each tick is a point.
func (g grid) whole() bool { return g.ticks <= g.most }

// points returns the points of a series.
func (g grid) points(of func(tick int) float64) []float64 {
	if g.whole() {
		points := make([]float64, g.ticks)
		for i := range points {
			points[i] = of(i)
		}
		return points
	}
	points := make([]float64, 0, 2*g.parts())
	for i := range g.parts() {
		from, to := g.part(i)
		least, most := of(from), of(from)
		rises := true
		for tick := from + 1; tick < to; tick++ {
			switch n := of(tick); {
			case n < least:
				least, rises = n, false
			case n > most:
				most, rises = n, true
			}
		}
		if !rises {
			least, most = most, least
		}
		points = append(points, least, most)
	}
	return points
}

// at returns where the points are.
func (g grid) at() []int {
	var ticks []int
	if g.whole() {
		for i := range g.ticks {
			ticks = append(ticks, i)
		}
		return ticks
	}
	for i := range g.parts() {
		from, to := g.part(i)
		ticks = append(ticks, from, (from+to)/2)
	}
	return ticks
}

// A peak is the most of a series, and when that was first.
type peak struct {
	most float64
	at   time.Duration
}

func peakOf(ticks int, tick time.Duration, of func(tick int) float64) peak {
	var p peak
	for i := range ticks {
		if n := of(i); n > p.most {
			p = peak{n, time.Duration(i) * tick}
		}
	}
	return p
}

// resolution says how fine the lines are, if they leave something out.
func (t *timeline) resolution() string {
	if t.grid.whole() {
		return ""
	}
	part := t.length / time.Duration(t.grid.parts())
	return fmt.Sprintf("The lines are drawn by the least and the most of each %v.", part.Round(time.Second/10))
}
