package tune

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/internal/joined"
)

// A Space are the values that may take the place of the given ones. Where a list is
// empty, the given value stays; otherwise that is among them.
type Space struct {
	// Targets are by the name of the trigger; those in Search.Given say which there
	// are.
	Targets map[string][]float64

	Intervals              []time.Duration
	Cooldowns              []time.Duration
	UpWindows, DownWindows []time.Duration
	Mins                   []int

	// UpLimits and DownLimits are in an order, from slow to fast, say. An empty
	// list of limits stands for the default.
	UpLimits, DownLimits [][]autoscale.Limit
}

// Around returns a Space to start with: targets from a twentieth of the given ones to
// twenty times as much, polls from 5 seconds to a minute, or the given interval,
// cooldowns up to 20 minutes, windows up to half an hour, limits from a replica in 15
// seconds up to none and from 5 % in a minute down, and a Min up to half of Max. A
// direction that is disabled stays so.
func Around(given Setting) Space {
	const s, m = time.Second, time.Minute
	p := given.Policy
	space := Space{
		Targets:   make(map[string][]float64),
		Intervals: []time.Duration{5 * s, 10 * s, 15 * s, 20 * s, 30 * s, m},
		Cooldowns: []time.Duration{0, 15 * s, 30 * s, m, 2 * m, 5 * m, 10 * m, 20 * m},
	}
	for name, target := range given.Targets {
		space.Targets[name] = Numbers(target/20, 20*target)
	}
	if p.Up.Select != autoscale.Disabled {
		space.UpWindows = []time.Duration{0, 15 * s, 30 * s, m, 2 * m, 5 * m}
		space.UpLimits = upLimits(p, usual(p.Up, autoscale.Limit{Kind: autoscale.Pods, Value: 4, Period: 15 * s}, autoscale.Limit{Kind: autoscale.Percent, Value: 100, Period: 15 * s}))
	}
	if p.Down.Select != autoscale.Disabled {
		space.DownWindows = []time.Duration{0, 15 * s, 30 * s, m, 2 * m, 3 * m, 5 * m, 10 * m, 20 * m, 30 * m}
		for _, percent := range []int{5, 10, 20, 50} {
			space.DownLimits = append(space.DownLimits, []autoscale.Limit{{Kind: autoscale.Percent, Value: percent, Period: m}})
		}
		space.DownLimits = append(space.DownLimits, usual(p.Down, autoscale.Limit{Kind: autoscale.Percent, Value: 100, Period: 15 * s}))
	}
	least := 0
	if p.Idle != nil {
		least = *p.Idle + 1
		if p.Min == 0 {
			least = 0
		}
	}
	space.Mins = append(space.Mins, least)
	for _, n := range Numbers(float64(max(least, 1)), float64(p.Max)/2) {
		if n == math.Trunc(n) {
			space.Mins = append(space.Mins, int(n))
		}
	}
	return space
}

// usual is the default, which is said in words where the given behavior has limits, so
// that nobody takes it for one that says nothing.
func usual(given autoscale.Behavior, limits ...autoscale.Limit) []autoscale.Limit {
	if len(given.Limits) == 0 {
		return nil
	}
	return limits
}

// upLimits are from a replica in 15 seconds to all, with the usual ones after 4.
func upLimits(p autoscale.Policy, usual []autoscale.Limit) (list [][]autoscale.Limit) {
	for n := 1; n < p.Max; n *= 2 {
		list = append(list, []autoscale.Limit{{Kind: autoscale.Pods, Value: n, Period: 15 * time.Second}})
		if n == 4 {
			list = append(list, usual)
		}
	}
	if given := p.Up.Limits; len(given) == 1 && given[0].Kind == autoscale.Pods && given[0].Value >= p.Max {
		return append(list, given) // which is all of them, too
	}
	return append(list, []autoscale.Limit{{Kind: autoscale.Pods, Value: max(p.Max, 1), Period: 15 * time.Second}})
}

// Numbers returns round numbers: 1, 1.5, 2, 3, 5 and 7 and these times powers of ten,
// as far as they are within the bounds, in their order. The least bound is a
// thousandth.
func Numbers(least, most float64) (list []float64) {
	least = max(least, 0.001)
	for power := math.Floor(math.Log10(least)); power <= math.Log10(most); power++ {
		for _, digits := range []string{"1", "1.5", "2", "3", "5", "7"} {
			n, err := strconv.ParseFloat(digits+"e"+strconv.Itoa(int(power)), 64)
			if err == nil && n >= least && n <= most {
				list = append(list, n)
			}
		}
	}
	return list
}

// A dimension is one list of values, with the given one.
type dimension struct {
	name  string
	n     int // values
	given int // the index of the given one
	set   func(s *Setting, index int)
}

// dimensions returns those of which there is a choice.
func (s *Search) dimensions() []dimension {
	g, space := s.Given.Policy, s.Space
	up, down := time.Duration(0), 5*time.Minute // the defaults of the HPA
	if g.Up.Window != nil {
		up = *g.Up.Window
	}
	if g.Down.Window != nil {
		down = *g.Down.Window
	}
	var list []dimension
	for _, name := range slices.Sorted(maps.Keys(space.Targets)) {
		list = append(list, sorted(fmt.Sprintf("Targets[%q]", name), s.Given.Targets[name], space.Targets[name], func(s *Setting, v float64) {
			s.Targets = maps.Clone(s.Targets)
			s.Targets[name] = v
		}))
	}
	list = append(list,
		sorted("Intervals", s.Given.Interval, space.Intervals, func(s *Setting, v time.Duration) { s.Interval = v }),
		sorted("Cooldowns", g.Cooldown, space.Cooldowns, func(s *Setting, v time.Duration) { s.Policy.Cooldown = v }),
		sorted("UpWindows", up, space.UpWindows, func(s *Setting, v time.Duration) { s.Policy.Up.Window = &v }),
		sorted("DownWindows", down, space.DownWindows, func(s *Setting, v time.Duration) { s.Policy.Down.Window = &v }),
		sorted("Mins", g.Min, space.Mins, func(s *Setting, v int) { s.Policy.Min = v }),
		limits("UpLimits", g.Up.Limits, space.UpLimits, func(s *Setting, v []autoscale.Limit) { s.Policy.Up.Limits = v }),
		limits("DownLimits", g.Down.Limits, space.DownLimits, func(s *Setting, v []autoscale.Limit) { s.Policy.Down.Limits = v }),
	)
	return slices.DeleteFunc(list, func(d dimension) bool { return d.n < 2 })
}

func sorted[T cmp.Ordered](name string, given T, values []T, set func(*Setting, T)) dimension {
	if len(values) == 0 {
		return dimension{}
	}
	all := append(slices.Clone(values), given)
	slices.Sort(all)
	all = slices.Compact(all)
	index, _ := slices.BinarySearch(all, given)
	return dimension{name, len(all), index, func(s *Setting, i int) { set(s, all[i]) }}
}

func limits(name string, given []autoscale.Limit, values [][]autoscale.Limit, set func(*Setting, []autoscale.Limit)) dimension {
	if len(values) == 0 {
		return dimension{}
	}
	all := values
	index := slices.IndexFunc(all, func(l []autoscale.Limit) bool { return slices.Equal(l, given) })
	if index < 0 {
		all, index = append([][]autoscale.Limit{given}, all...), 0
	}
	return dimension{name, len(all), index, func(s *Setting, i int) { set(s, all[i]) }}
}

// checkSpace returns what is wrong with the values, each put into the given setting.
func (s *Search) checkSpace() (problems []error) {
	for _, name := range slices.Sorted(maps.Keys(s.Space.Targets)) {
		if _, ok := s.Given.Targets[name]; !ok {
			problems = append(problems, fmt.Errorf("Space.Targets[%q]: Given.Targets does not have it", name))
		}
	}
	if problems != nil {
		return problems
	}
	for _, d := range s.dimensions() {
		for i := range d.n {
			if i == d.given {
				continue // a simulation says what is wrong
			}
			with := s.Given
			d.set(&with, i)
			err := with.policy().Validate()
			if err == nil && len(s.Loads) > 0 {
				err = s.Loads[0].scenario(with, s.Seed).Validate()
			}
			problems = append(problems, joined.Each("Space."+d.name+": ", err)...)
		}
	}
	return problems
}
