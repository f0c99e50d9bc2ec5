package tune

import (
	"cmp"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// Figures are what came of a setting, over several simulations. Those of a [Trial] are
// of all its loads together.
type Figures struct {
	// The waits and the longest shortage are those of the simulation in which they
	// were longest.
	P50Wait, P95Wait, P99Wait, MaxWait, RightSize time.Duration

	// ReplicaSeconds are those of one simulation of each load, on average.
	ReplicaSeconds float64
}

// figuresOf are those of one simulation.
func figuresOf(r *simulate.Result) Figures {
	_, longest := r.RightSize()
	return Figures{r.P50Wait, r.P95Wait, r.P99Wait, r.MaxWait, longest, r.ReplicaSeconds}
}

// and are the figures of f and others, with the replica-seconds of both.
func (f Figures) and(g Figures) Figures {
	return Figures{
		max(f.P50Wait, g.P50Wait), max(f.P95Wait, g.P95Wait), max(f.P99Wait, g.P99Wait), max(f.MaxWait, g.MaxWait),
		max(f.RightSize, g.RightSize), f.ReplicaSeconds + g.ReplicaSeconds,
	}
}

// A measure is a time that an objective may limit.
type measure struct {
	name  string
	of    func(Figures) time.Duration
	limit func(simulate.Objective) time.Duration
}

// measures are all, the one first by which a frontier is drawn if it is limited.
var measures = []measure{
	{"P95Wait", func(f Figures) time.Duration { return f.P95Wait }, func(o simulate.Objective) time.Duration { return o.P95Wait }},
	{"P99Wait", func(f Figures) time.Duration { return f.P99Wait }, func(o simulate.Objective) time.Duration { return o.P99Wait }},
	{"MaxWait", func(f Figures) time.Duration { return f.MaxWait }, func(o simulate.Objective) time.Duration { return o.MaxWait }},
	{"P50Wait", func(f Figures) time.Duration { return f.P50Wait }, func(o simulate.Objective) time.Duration { return o.P50Wait }},
	{"RightSize", func(f Figures) time.Duration { return f.RightSize }, func(o simulate.Objective) time.Duration { return o.RightSize }},
}

// measure is the one by which the frontier is drawn.
func (s *Search) measure() measure {
	i := slices.IndexFunc(measures, func(m measure) bool { return m.limit(s.Objective) > 0 })
	return measures[i]
}

// excess is the largest part of its limit that a time takes: above 1, the objective
// is missed.
func (s *Search) excess(f Figures) float64 {
	most := 0.0
	for _, m := range measures {
		if limit := m.limit(s.Objective); limit > 0 {
			most = max(most, float64(m.of(f))/float64(limit))
		}
	}
	return most
}

func (s *Search) meets(f Figures) bool { return s.excess(f) <= 1 }

// compareTrials puts the better trial first.
func (s *Search) compareTrials(a, b *trial) int {
	x, y := max(s.excess(a.Figures), 1), max(s.excess(b.Figures), 1)
	return cmp.Or(
		cmp.Compare(x, y),
		cmp.Compare(a.Figures.ReplicaSeconds, b.Figures.ReplicaSeconds),
		cmp.Compare(a.changes, b.changes),
		cmp.Compare(a.number, b.number),
	)
}

// clearly is by which part of the replica-seconds a trial has to be beaten so that it
// is not played with all seeds.
const clearly = 0.03

// beats says that b is better in everything than a clearly.
func (s *Search) beats(b, a *trial) bool {
	for _, m := range measures {
		if m.limit(s.Objective) > 0 && m.of(b.Figures) > m.of(a.Figures) {
			return false
		}
	}
	return b.Figures.ReplicaSeconds <= (1-clearly)*a.Figures.ReplicaSeconds
}

// frontier returns the trials of which none is beaten, by their replica-seconds.
func (w *walk) frontier() (list []Trial) {
	m := w.measure()
	all := slices.DeleteFunc(slices.Clone(w.trials), func(t *trial) bool { return !w.complete(t) })
	slices.SortStableFunc(all, func(a, b *trial) int {
		return cmp.Or(
			cmp.Compare(a.Figures.ReplicaSeconds, b.Figures.ReplicaSeconds),
			cmp.Compare(m.of(a.Figures), m.of(b.Figures)),
			w.compareTrials(a, b),
		)
	})
	for _, t := range all {
		if n := len(list); n == 0 || m.of(t.Figures) < m.of(list[n-1].Figures) {
			list = append(list, t.Trial)
		}
	}
	return list
}
