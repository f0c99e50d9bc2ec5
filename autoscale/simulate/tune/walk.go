package tune

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// A point has the index of a value in each dimension.
type point []int

// A trial is one on its way.
type trial struct {
	Trial
	number  int // in the order of trials
	point   point
	changes int       // values that are not the given ones
	byLoad  []Figures // by the loads
	centre  bool      // steps from here were tried
}

// A walk goes through the space.
type walk struct {
	player
	dims   []dimension
	trials []*trial
	tried  map[string]bool // points
	best   *trial
	chance *rand.Rand // of the search, and not of what it plays
}

func newWalk(s *Search) *walk {
	return &walk{player: player{Search: s}, dims: s.dimensions(), tried: make(map[string]bool), chance: rand.New(rand.NewPCG(s.Seed, 0))}
}

// complete says that a trial was played with all seeds.
func (w *walk) complete(t *trial) bool { return t.Seeds == w.Search.Seeds }

// left is how many simulations there may still be.
func (w *walk) left() int { return w.Budget - w.reserve() - w.done }

// batch is how many points are tried before it is asked whether that is enough.
const batch = 16

// search tries points until the budget is used up.
func (w *walk) search(ctx context.Context) error {
	given := make(point, len(w.dims))
	for i, d := range w.dims {
		given[i] = d.given
	}
	if _, err := w.try(ctx, []point{given}); err != nil {
		return err
	}
	// A quarter of the budget is for an overview, and no more than what gives each
	// dimension several values. Half of the rest is for what is made of the best, and
	// what is left for steps from there.
	overview := min(w.left()/4/len(w.Loads), 8*len(w.dims))
	points := w.single(given)
	points = append(points, w.spread(overview-len(points))...)
	for points := range slices.Chunk(points[:min(len(points), overview)], batch) {
		if _, err := w.try(ctx, points); err != nil {
			return err
		}
	}
	for half := w.left() / 2; w.left() > half && !w.exhausted() && len(w.dims) > 0; {
		before := len(w.trials)
		if _, err := w.try(ctx, w.breed()); err != nil {
			return err
		}
		if len(w.trials) == before {
			break // all that can be made of them was tried
		}
	}
	return w.refine(ctx)
}

// single returns the points that have one value other than the given ones: the first,
// the last or the middle one of its list.
func (w *walk) single(given point) (points []point) {
	for _, part := range []float64{0, 1, 0.5} {
		for i, d := range w.dims {
			p := slices.Clone(given)
			p[i] = int(part * float64(d.n-1))
			points = append(points, p)
		}
	}
	return points
}

// spread returns points that are spread evenly: the additive recurrence of Roberts,
// which divides each dimension by another power of the root of x^(d+1) = x + 1.
func (w *walk) spread(n int) (points []point) {
	root := 1.0
	for range 100 {
		root = math.Pow(1+root, 1/float64(len(w.dims)+1))
	}
	begin := make([]float64, len(w.dims))
	for i := range begin {
		begin[i] = w.chance.Float64()
	}
	for k := range n {
		p := make(point, len(w.dims))
		for i, d := range w.dims {
			_, part := math.Modf(begin[i] + float64(k+1)/math.Pow(root, float64(i+1)))
			p[i] = min(int(part*float64(d.n)), d.n-1)
		}
		points = append(points, p)
	}
	return points
}

// parents is how many of the best trials new points are made of.
const parents = 8

// breed returns a batch of points that are made of the best: each has the values of
// one of them, or of two, with one to three values changed.
func (w *walk) breed() (points []point) {
	best := slices.DeleteFunc(slices.Clone(w.trials), func(t *trial) bool { return !w.complete(t) })
	slices.SortFunc(best, w.compareTrials)
	best = slices.CompactFunc(best, func(a, b *trial) bool { return a.Figures == b.Figures })
	best = best[:min(len(best), parents)]
	for range batch {
		p := slices.Clone(best[w.chance.IntN(len(best))].point)
		if w.chance.IntN(2) == 0 {
			for i, value := range best[w.chance.IntN(len(best))].point {
				if w.chance.IntN(2) == 0 {
					p[i] = value
				}
			}
		}
		for range 1 + w.chance.IntN(3) {
			i := w.chance.IntN(len(w.dims))
			p[i] = w.near(p[i], w.dims[i].n)
		}
		points = append(points, p)
	}
	return points
}

// near is another index of n, which is close by most of the time.
func (w *walk) near(index, n int) int {
	far := 1
	for far < n/2 && w.chance.IntN(2) == 0 {
		far *= 2
	}
	if w.chance.IntN(2) == 0 {
		far = -far
	}
	return min(max(index+far, 0), n-1)
}

// refine goes from the best point to its neighbours, and from there.
func (w *walk) refine(ctx context.Context) error {
	centre, halvings := w.best, 1
	var next []point // what was better in several dimensions, taken together
	for centre != nil {
		points := append(next, w.neighbours(centre, halvings)...)
		tried, err := w.try(ctx, points)
		if err != nil {
			return err
		}
		if w.exhausted() {
			return nil
		}
		next = w.together(centre, tried)
		switch {
		case w.compareTrials(w.best, centre) < 0 && !w.best.centre:
			centre.centre = true
			centre = w.best
		case !w.shortest(halvings):
			halvings++
		default:
			centre.centre = true
			centre, halvings = w.another(), 2
		}
	}
	return nil
}

// step is how far a neighbour is in a dimension of n values.
func step(n, halvings int) int { return max(n>>(halvings+1), 1) }

// shortest says that all steps are as short as they can be.
func (w *walk) shortest(halvings int) bool {
	return !slices.ContainsFunc(w.dims, func(d dimension) bool { return step(d.n, halvings) > 1 })
}

// neighbours are the points to the left and to the right of a trial in each dimension,
// and those with the given value there.
func (w *walk) neighbours(of *trial, halvings int) (points []point) {
	for i, d := range w.dims {
		far := step(d.n, halvings)
		for _, value := range []int{of.point[i] - far, of.point[i] + far, d.given} {
			if value = min(max(value, 0), d.n-1); value != of.point[i] {
				p := slices.Clone(of.point)
				p[i] = value
				points = append(points, p)
			}
		}
	}
	return points
}

// together is the point with the values of all trials that are better than the one
// that they differ from in one dimension: of several in one dimension, of the best.
func (w *walk) together(centre *trial, tried []*trial) []point {
	better := slices.DeleteFunc(slices.Clone(tried), func(t *trial) bool {
		return !w.complete(t) || w.compareTrials(t, centre) >= 0
	})
	slices.SortFunc(better, w.compareTrials)
	p, moved := slices.Clone(centre.point), 0
	for _, t := range better {
		for i, value := range t.point {
			if value != centre.point[i] && p[i] == centre.point[i] {
				p[i] = value
				moved++
			}
		}
	}
	if moved < 2 {
		return nil
	}
	return []point{p}
}

// another is the best trial from which no steps were tried, nil if there is none.
func (w *walk) another() (best *trial) {
	for _, t := range w.trials {
		if w.complete(t) && !t.centre && (best == nil || w.compareTrials(t, best) < 0) {
			best = t
		}
	}
	return best
}

// exhausted says that no more point can be tried.
func (w *walk) exhausted() bool {
	return w.left() < w.Seeds*len(w.Loads) || len(w.trials) > 0 && w.Enough != nil && w.Enough()
}

// try plays points that were not tried yet, as far as the budget goes: all with the
// first seed, and those that are not beaten with the others.
func (w *walk) try(ctx context.Context, points []point) ([]*trial, error) {
	if w.exhausted() {
		return nil, nil
	}
	more := (w.Seeds - 1) * len(w.Loads) // simulations for the other seeds
	room := (w.left() - more) / len(w.Loads)
	var list []*trial
	for _, p := range points {
		key := fmt.Sprint(p)
		if !w.tried[key] && len(list) < room {
			w.tried[key] = true
			list = append(list, w.at(p))
		}
	}
	if err := w.seeds(ctx, w.Loads, list, 0, 1); err != nil {
		return nil, err
	}
	hopeful := slices.DeleteFunc(slices.Clone(list), func(t *trial) bool {
		return slices.ContainsFunc(w.trials, func(other *trial) bool { return w.complete(other) && w.beats(other, t) })
	})
	slices.SortFunc(hopeful, w.compareTrials)
	if more > 0 {
		hopeful = hopeful[:min(len(hopeful), w.left()/more)]
		if err := w.seeds(ctx, w.Loads, hopeful, 1, w.Seeds); err != nil {
			return nil, err
		}
	}
	w.trials = append(w.trials, list...)
	for _, t := range list {
		if w.complete(t) && (w.best == nil || w.compareTrials(t, w.best) < 0) {
			w.best = t
		}
	}
	return list, nil
}

// at is the trial of a point.
func (w *walk) at(p point) *trial {
	t := &trial{number: len(w.tried), point: p, byLoad: make([]Figures, len(w.Loads))}
	t.Setting = w.Given
	for i, d := range w.dims {
		if p[i] != d.given {
			d.set(&t.Setting, p[i])
			t.changes++
		}
	}
	return t
}
