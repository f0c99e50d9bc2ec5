package tune

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/internal/joined"
)

// A game is one simulation.
type game struct {
	setting Setting
	load    Load
	seed    uint64
}

// A player plays, and counts.
type player struct {
	*Search
	done int
}

// all plays games side by side, and returns the figures of each.
func (p *player) all(ctx context.Context, games []game) ([]Figures, error) {
	figures, errs := make([]Figures, len(games)), make([]error, len(games))
	var counting sync.Mutex
	each.Do(len(games), runtime.GOMAXPROCS(0), func(i int) {
		if ctx.Err() != nil {
			return
		}
		figures[i], errs[i] = p.play(games[i])
		counting.Lock()
		defer counting.Unlock()
		p.done++
		if p.Progress != nil {
			p.Progress(p.done)
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, err := range errs {
		if err != nil {
			return nil, err // the first, whichever came first
		}
	}
	return figures, nil
}

func (p *player) play(g game) (Figures, error) {
	r, err := simulate.Run(p.decider(g.setting), g.load.scenario(g.setting, g.seed))
	if err != nil {
		return Figures{}, errors.Join(joined.Each("load "+g.load.Name+": ", err)...)
	}
	return figuresOf(&r), nil
}

// seeds has trials play loads with the seeds from one up to another.
func (p *player) seeds(ctx context.Context, loads []Load, trials []*trial, from, to int) error {
	var games []game
	for _, t := range trials {
		for _, l := range loads {
			for i := from; i < to; i++ {
				games = append(games, game{t.Setting, l, p.Seed + uint64(i)})
			}
		}
	}
	figures, err := p.all(ctx, games)
	if err != nil {
		return err
	}
	next := 0
	for _, t := range trials {
		for l := range loads {
			sum := t.byLoad[l]
			sum.ReplicaSeconds *= float64(from)
			for range to - from {
				sum = sum.and(figures[next])
				next++
			}
			sum.ReplicaSeconds /= float64(to)
			t.byLoad[l] = sum
		}
		t.Figures, t.Seeds = Figures{}, to
		for _, f := range t.byLoad {
			t.Figures = t.Figures.and(f)
		}
		t.Meets = p.meets(t.Figures)
	}
	return nil
}

// hold plays what is held back.
func (w *walk) hold(ctx context.Context, r *Result) error {
	if len(w.Held) == 0 {
		return nil
	}
	both := []*trial{
		{Trial: Trial{Setting: r.Given.Setting}, byLoad: make([]Figures, len(w.Held))},
		{Trial: Trial{Setting: r.Best.Setting}, byLoad: make([]Figures, len(w.Held))},
	}
	if err := w.seeds(ctx, w.Held, both, 0, w.Seeds); err != nil {
		return err
	}
	r.Held = w.compare(w.Held, both[0].byLoad, both[1].byLoad)
	return nil
}

func (w *walk) compare(loads []Load, given, best []Figures) (list []Comparison) {
	for i, l := range loads {
		list = append(list, Comparison{l.Name, given[i], best[i], w.meets(given[i]), w.meets(best[i])})
	}
	return list
}

// otherWorlds are those in which it is seen why no setting meets the objective.
var otherWorlds = []struct {
	name   string
	change func(*Setting, *simulate.Scenario)
}{
	{"Max were ten times as large", func(s *Setting, _ *simulate.Scenario) { s.Policy.Max = min(10*s.Policy.Max, 1_000_000) }},
	{"replicas started at once", func(_ *Setting, s *simulate.Scenario) { s.Workers.Start, s.Workers.FailingStarts = 0, 0 }},
	{"replicas worked ten times as fast", func(_ *Setting, s *simulate.Scenario) {
		s.Workers.Rate *= 10
		for i := range s.Sources {
			s.Sources[i].Rate *= 10
		}
	}},
}

// causes plays the best setting in other worlds, with the first seed.
func (w *walk) causes(ctx context.Context) ([]Cause, error) {
	var games []game
	for _, world := range otherWorlds {
		for _, l := range w.Loads {
			g := game{w.best.Setting, l, w.Seed}
			g.load.Scenario = l.scenario(g.setting, w.Seed) // with Sources of its own
			world.change(&g.setting, &g.load.Scenario)
			w.hurry(&g.setting)
			games = append(games, g)
		}
	}
	figures, err := w.all(ctx, games)
	if err != nil {
		return nil, err
	}
	var list []Cause
	for i, world := range otherWorlds {
		var f Figures
		for _, g := range figures[i*len(w.Loads) : (i+1)*len(w.Loads)] {
			f = f.and(g)
		}
		list = append(list, Cause{world.name, f, w.meets(f)})
	}
	return list, nil
}

// hurry has a setting go up as fast as it may, so that it makes the most of a world.
func (s *Search) hurry(with *Setting) {
	for _, interval := range s.Space.Intervals {
		with.Interval = min(with.Interval, interval)
	}
	if up := &with.Policy.Up; up.Select != autoscale.Disabled {
		*up = autoscale.Behavior{
			Limits:    []autoscale.Limit{{Kind: autoscale.Pods, Value: with.Policy.Max, Period: time.Second}},
			Tolerance: up.Tolerance,
		}
	}
}
