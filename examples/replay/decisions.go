package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// A decision is one as it is shown.
type decision struct {
	at       time.Duration
	by       string // as in a simulate.Round
	from, to int    // replicas
	waiting  int64  // messages, then
	reasons  string
}

func newDecision(r *simulate.Result, i int) decision {
	round := &r.Rounds[i]
	d := decision{at: round.At, by: round.By, reasons: round.Reasons()}
	d.from, d.to = round.Change()
	d.waiting = r.Series[min(int(round.At/r.Tick), len(r.Series)-1)].Waiting
	return d
}

// change is by how many replicas a round changes their number.
func change(r *simulate.Round) int {
	from, to := r.Change()
	return max(from-to, to-from)
}

// decisions are those that are shown of an outcome, and how many there were.
type decisions struct {
	shown         []decision
	made, changed int
}

// choose returns all decisions if there is room for them. If not, it returns those in
// the worst moments and as many of the others as there is room for: those that changed
// something, and first those that changed most.
func choose(r *simulate.Result, moments []moment, room int) decisions {
	d := decisions{made: len(r.Rounds)}
	weights := make([]int, len(r.Rounds))
	var chosen []int // indices
	for i := range r.Rounds {
		round := &r.Rounds[i]
		weights[i] = change(round)
		if weights[i] > 0 {
			d.changed++
		}
		if slices.ContainsFunc(moments, func(m moment) bool { return m.from <= round.At && round.At <= m.to }) {
			weights[i] = math.MaxInt
		}
		if len(r.Rounds) <= room || weights[i] > 0 {
			chosen = append(chosen, i)
		}
	}
	if len(chosen) > room {
		slices.SortStableFunc(chosen, func(a, b int) int { return cmp.Compare(weights[b], weights[a]) })
		chosen = chosen[:room]
		slices.Sort(chosen)
	}
	for _, i := range chosen {
		d.shown = append(d.shown, newDecision(r, i))
	}
	return d
}

// String says which decisions are shown.
func (d decisions) String() string {
	switch {
	case len(d.shown) == d.made:
		return fmt.Sprintf("all %d decisions, of which %d changed something", d.made, d.changed)
	case len(d.shown) >= d.changed:
		return fmt.Sprintf("the %d decisions that changed something or belong to the worst moments, of %d", len(d.shown), d.made)
	}
	return fmt.Sprintf("the %d decisions that changed most or belong to the worst moments, of %d that changed something and %d in all",
		len(d.shown), d.changed, d.made)
}

// A moment is one that went badly.
type moment struct {
	what      string
	text      string
	from, to  time.Duration
	decisions []decision // the last before it, and those within it that changed something
	more      int        // changes within it that are not among decisions
}

// worst returns the worst moments of a result.
func (t *timeline) worst(r *simulate.Result) []moment {
	var moments []moment
	add := func(what string, from, to time.Duration, format string, args ...any) {
		m := moment{what: what, text: fmt.Sprintf(format, args...), from: from, to: to}
		m.explain(r)
		moments = append(moments, m)
	}
	if r.MaxWait > 0 {
		add("Longest wait", r.LongestFrom, r.LongestTo, "%v: a message that arrived at %s was taken at %s.",
			r.MaxWait, t.clock(r.LongestFrom), t.clock(r.LongestTo))
	}
	if len(r.Shortages) > 0 {
		s := slices.MaxFunc(r.Shortages, func(a, b simulate.Shortage) int { return cmp.Compare(a.Right-a.At, b.Right-b.At) })
		add("Longest time of far too few replicas", s.At, s.Right, "%v: from %s to %s, when up to %d were called for.",
			s.Right-s.At, t.clock(s.At), t.clock(s.Right), s.Wanted)
	}
	if len(r.Series) > 0 {
		p := slices.MaxFunc(r.Series, func(a, b simulate.Point) int { return cmp.Compare(a.Waiting, b.Waiting) })
		add("Longest backlog", p.At, p.At, "%d messages waited at %s.", p.Waiting, t.clock(p.At))
	}
	return moments
}

// mostExplained is how many decisions explain a moment.
const mostExplained = 6

func (m *moment) explain(r *simulate.Result) {
	next, _ := slices.BinarySearchFunc(r.Rounds, m.from, func(round simulate.Round, at time.Duration) int { return cmp.Compare(round.At, at) })
	if next > 0 {
		m.decisions = append(m.decisions, newDecision(r, next-1))
	}
	for i := next; i < len(r.Rounds) && r.Rounds[i].At <= m.to; i++ {
		switch {
		case change(&r.Rounds[i]) == 0:
		case len(m.decisions) == mostExplained:
			m.more++
		default:
			m.decisions = append(m.decisions, newDecision(r, i))
		}
	}
}
