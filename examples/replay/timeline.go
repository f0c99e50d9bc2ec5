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
	ticks  int
	load   line    // messages a second
	rate   float64 // that one replica works off
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

// mostPoints is how many points of a line a page has: more than there are pixels.
const mostPoints = 2400

func newTimeline(cfg config, l load) *timeline {
	t := &timeline{start: l.series.Start, length: l.series.Length(), tick: cfg.tick, rate: cfg.workers.Rate}
	t.ticks = int((t.length + t.tick - 1) / t.tick)
	arrived := l.series.Load()
	t.load = t.line(func(tick int) float64 {
		at := time.Duration(tick) * t.tick
		return arrived(at, at+t.tick, nil) / t.tick.Seconds()
	})
	return t
}

// add adds an outcome, of which as many decisions are kept as there is room for.
func (t *timeline) add(name string, policy, by int, r *simulate.Result, room int) {
	tr := trace{name: name, policy: policy, by: by, moments: t.worst(r)}
	tr.backlog = t.line(func(tick int) float64 { return float64(r.Series[tick].Waiting) })
	tr.replicas = t.line(func(tick int) float64 { return float64(r.Series[tick].Replicas) })
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

// A line is a series as it is drawn: of equal parts of the time the mean, the least and
// the most, so that no peak is lost.
type line struct {
	mean, least, most []float64
	peak              float64       // the most of all
	peakAt            time.Duration // when it was first
}

// line makes a line of a series.
func (t *timeline) line(of func(tick int) float64) line {
	var l line
	for i := range t.ticks {
		if n := of(i); n > l.peak {
			l.peak, l.peakAt = n, time.Duration(i)*t.tick
		}
	}
	l.mean, l.least, l.most = thin(t.ticks, mostPoints, of, of, of)
	return l
}

// thin makes at most so many points of the values of n ticks, or of other points.
func thin(n, points int, meanOf, leastOf, mostOf func(i int) float64) (mean, least, most []float64) {
	points = min(n, points)
	for p := range points {
		from, to := part(n, points, p)
		sum, low, high := 0.0, leastOf(from), mostOf(from)
		for i := from; i < to; i++ {
			sum, low, high = sum+meanOf(i), min(low, leastOf(i)), max(high, mostOf(i))
		}
		mean, least, most = append(mean, sum/float64(to-from)), append(least, low), append(most, high)
	}
	return mean, least, most
}

// part says which of n are in a part of them.
func part(n, parts, p int) (from, to int) { return p * n / parts, (p + 1) * n / parts }

// at returns the times at which the points of lines begin.
func (t *timeline) at() []time.Duration {
	at := make([]time.Duration, len(t.load.mean))
	for i := range at {
		from, _ := part(t.ticks, len(at), i)
		at[i] = time.Duration(from) * t.tick
	}
	return at
}

// thinned says that a point stands for more than one tick.
func (t *timeline) thinned() bool { return len(t.load.mean) < t.ticks }

// resolution says how fine the lines are, if they leave something out.
func (t *timeline) resolution() string {
	if !t.thinned() {
		return ""
	}
	each := (t.length / time.Duration(len(t.load.mean))).Round(time.Second / 10)
	return fmt.Sprintf("A point stands for %v: the line is at the mean, and the band around it reaches from the least to the most; the backlog is the most.", each)
}
